// Edges that can be dragged, or moved with the arrow keys; where they were left is remembered.

export function resizable(grip, { name, desk, least, most, side, usual }) {
  const key = `gridward.${name}`;
  let width = Number(localStorage.getItem(key)) || usual;

  const set = (wanted) => {
    width = Math.min(Math.max(Math.round(wanted), least), most);
    desk.style.setProperty(`--${name}`, `${width}px`);
    grip.setAttribute("aria-valuenow", String(width));
  };
  const keep = () => localStorage.setItem(key, String(width));

  grip.addEventListener("pointerdown", (event) => {
    const [from, start] = [event.clientX, width];
    grip.setPointerCapture(event.pointerId);
    grip.onpointermove = (moved) => set(start + side * (moved.clientX - from));
    grip.onpointerup = () => {
      grip.onpointermove = null;
      keep();
    };
  });
  grip.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!by) return;
    set(width + side * by);
    keep();
  });
  grip.addEventListener("dblclick", () => {
    set(usual);
    keep();
  });
  grip.setAttribute("aria-valuemin", String(least));
  grip.setAttribute("aria-valuemax", String(most));
  grip.setAttribute("aria-valuenow", String(width));
  if (localStorage.getItem(key)) set(width);
}
