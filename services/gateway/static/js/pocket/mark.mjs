// Draws time, place and grid into a photo before it is kept, and makes it small enough for a weak signal.

const LONGEST_PX = 1920;
const QUALITY = 0.85;

/** The photo with its mark, as a JPEG. */
export async function marked(file, lines) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const size = Math.max(16, Math.round(canvas.width / 42));
  pen.font = `${size}px "Noto Sans CJK SC", "PingFang SC", sans-serif`;
  const height = lines.length * size * 1.45 + size * 0.6;
  pen.fillStyle = "rgb(0 0 0 / 55%)";
  pen.fillRect(0, canvas.height - height, canvas.width, height);
  pen.fillStyle = "#fff";
  pen.textBaseline = "top";
  lines.forEach((line, index) => pen.fillText(line, size * 0.6, canvas.height - height + size * 0.4 + index * size * 1.45, canvas.width - size * 1.2));
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
