"""Generates the Python of every .proto file; the only way the files under protos/gen are made.

Works without a network: google's annotations come from the googleapis-common-protos wheel and the
validation rules' descriptor from the protovalidate wheel, so that no schema registry is asked.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import google.api.annotations_pb2 as annotations
import google.api.http_pb2 as http
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    field_mask_pb2,
    timestamp_pb2,
)
from protovalidate._gen.buf.validate import validate_pb

PROTOS = Path(__file__).resolve().parent
VALIDATE = "buf/validate/validate.proto"
KNOWN = (descriptor_pb2, any_pb2, duration_pb2, timestamp_pb2, field_mask_pb2, http, annotations)


def imported_descriptors() -> bytes:
    """Everything our files import from elsewhere, as one serialized FileDescriptorSet."""
    files = [descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb) for module in KNOWN]
    validate = validate_pb._DESC.proto.to_binary()  # noqa: SLF001 the wheel offers no public name for it
    files.append(descriptor_pb2.FileDescriptorProto.FromString(validate))
    return descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()


def own_files() -> list[str]:
    """Our .proto files, as protoc names them."""
    return sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("gridward/**/*.proto"))


def generate(target: Path) -> None:
    """Write Python modules, type stubs and typed gRPC stubs into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        imports = Path(folder) / "imports.binpb"
        imports.write_bytes(imported_descriptors())
        image = Path(folder) / "image.binpb"
        build_image(image, imports)
        base = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={image}"]
        programs = Path(sys.executable).parent
        base += [f"--plugin={programs / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
        outs = [f"--python_out={target}", f"--mypy_out=quiet:{target}"]
        grpc_outs = [f"--grpc_python_out={target}", f"--mypy_grpc_out=quiet:{target}"]
        services = [name for name in own_files() if "\nservice " in (PROTOS / name).read_text()]
        subprocess.run([*base, *outs, *own_files(), VALIDATE], check=True)
        subprocess.run([*base, *grpc_outs, *services], check=True)
    for package in {path.parent for path in target.rglob("*_pb2.py")}:
        for folder_path in (package, *package.parents):
            if folder_path == target:
                break
            (folder_path / "__init__.py").touch()
    (target / "gridward" / "py.typed").touch()


def build_image(image: Path, imports: Path) -> None:
    """Write our files and their imports, comments included, as one descriptor set for protoc and buf."""
    own = imports.with_name("own.binpb")
    subprocess.run(
        [
            sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"--descriptor_set_in={imports}",
            "--include_source_info", f"--descriptor_set_out={own}", *own_files(),
        ],
        check=True,
        cwd=PROTOS,
    )  # fmt: skip
    both = descriptor_pb2.FileDescriptorSet.FromString(imports.read_bytes())
    both.MergeFromString(own.read_bytes())
    image.write_bytes(both.SerializeToString())


if __name__ == "__main__":
    if sys.argv[1:2] == ["image"]:
        with tempfile.TemporaryDirectory() as scratch:
            needed = Path(scratch) / "imports.binpb"
            needed.write_bytes(imported_descriptors())
            build_image(Path(sys.argv[2]).resolve(), needed)
    else:
        generate(Path(sys.argv[1]) if len(sys.argv) > 1 else PROTOS / "gen")
