# SPDX-License-Identifier: Apache-2.0
"""An image of one static program, made without a registry, in the forms that the runtimes take."""

import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "localhost/seccompfs-consumer:1"
COMPILE_LIMIT = 60.0  # seconds

# The machine's name as images have it (GOARCH).
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64", "s390x": "s390x", "ppc64le": "ppc64le"}


def compile_program(name, directory):
    """Builds name.c, static, into the directory. The program's path."""
    program = directory / name
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-static"]
        + ["-o", program, os.path.join(HERE, name + ".c")],
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=COMPILE_LIMIT,
    )
    return program


def compile_bare(directory, name, *options):
    """Builds bare.c, which has no C library, as a program of that name. The program's path."""
    program = directory / name
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-stack-protector"]
        + ["-static", "-nostdlib", *options, "-o", program, os.path.join(HERE, "bare.c")],
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=COMPILE_LIMIT,
    )
    return program


def add_bytes(archive, name, content, mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = mode
    archive.addfile(entry, io.BytesIO(content))


def write_layer(payload, path, name="payload"):
    """A tar of the root directory: the program alone. `podman import` takes it as it is."""
    with tarfile.open(path, "w") as archive:
        add_bytes(archive, name, payload.read_bytes(), mode=0o755)


def descriptor(content, kind):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest, "size": len(content)}


def write_oci_layout(layer_path, path):
    """A tar of an OCI image layout with that one layer. `ctr image import` takes it."""
    layer = layer_path.read_bytes()
    layer_descriptor = descriptor(layer, "layer.v1.tar")
    machine = platform.machine()
    config = json.dumps(
        {
            "architecture": ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer_descriptor["digest"]]},
        }
    ).encode()
    manifest_type = "manifest.v1+json"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"application/vnd.oci.image.{manifest_type}",
            "config": descriptor(config, "config.v1+json"),
            "layers": [layer_descriptor],
        }
    ).encode()
    named = {**descriptor(manifest, manifest_type), "annotations": {"io.containerd.image.name": NAME}}
    with tarfile.open(path, "w") as archive:
        add_bytes(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        for content in (layer, config, manifest):
            add_bytes(archive, "blobs/sha256/" + hashlib.sha256(content).hexdigest(), content)
        add_bytes(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": [named]}).encode())
