#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A container from an image, by podman itself: as root and as nobody, or as who this is; its store
is the test's own. image.py SNET"""
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

NOBODY = 65534
DEADLINE_S = 60


def add(archive, name, content=b"", owner=0, **more):
    """A file of @owner, as images have those of many."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.uid = entry.gid = owner
    entry.mode = 0o755
    for key, value in more.items():
        setattr(entry, key, value)
    archive.addfile(entry, io.BytesIO(content))


def make_image(path):
    """As 'docker save' writes them."""
    with open(shutil.which("busybox"), "rb") as file:
        busybox = file.read()
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for name in ("bin", "etc", "proc", "dev", "sys", "tmp"):
            add(archive, name, type=tarfile.DIRTYPE)
        add(archive, "bin/busybox", busybox)
        add(archive, "bin/sh", type=tarfile.SYMTYPE, linkname="busybox")
        add(archive, "etc/owned", b"by another\n", owner=33)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = json.dumps({
        "architecture": os.uname().machine, "os": "linux", "config": {"Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["snet.test/busybox:1"],
                            "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, "w") as archive:
        add(archive, "config.json", config)
        add(archive, "layer.tar", layer.getvalue())
        add(archive, "manifest.json", manifest)


def try_image(snet, folder, user):
    """One lab as @user, with everything of it in @folder."""
    places = {name: folder / name for name in ("run", "state", "data")}
    for place in places.values():
        place.mkdir(mode=0o700)
    make_image(folder / "image.tar")
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/runroot"\n')
    text = json.dumps({
        "lab": "image",
        "nodes": [{"name": "s", "kind": "switch"}, {"name": "h", "kind": "host"},
                  {"name": "c", "kind": "container", "image": f"docker-archive:{folder}/image.tar",
                   "command": ["/bin/sh", "-c",
                               "busybox cat /etc/owned; exec busybox sleep 1000"]}],
        "links": [{"from": "c", "to": "s"}, {"from": "h", "to": "s"}]})
    (folder / "lab.json").write_text(text)
    for path in (folder, *folder.iterdir()):
        os.chown(path, user, -1)
    drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(folder),
           "XDG_RUNTIME_DIR": str(places["run"]), "XDG_STATE_HOME": str(places["state"]),
           "XDG_DATA_HOME": str(places["data"]), "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf"}

    def run(*args, code=0):
        result = subprocess.run([*(drop if user != os.geteuid() else []), snet, *args], cwd=folder,
                                env=env, capture_output=True, text=True, timeout=DEADLINE_S)
        assert result.returncode == code, (args, result.stdout, result.stderr)
        return result.stdout if code == 0 else result.stderr

    run("up", "lab.json")
    try:
        deadline = time.monotonic() + DEADLINE_S
        while "by another" not in run("logs", "c"):
            assert time.monotonic() < deadline, "the container says nothing"
            time.sleep(0.05)
        run("exec", "h", "ping", "-c1", "c")
    finally:
        run("down")
    if user != 0:
        (folder / "own.json").write_text(text.replace(f"docker-archive:{folder}/image.tar", "localhost/own:1"))
        said = run("up", "own.json", code=1)
        assert ("node 'c': image 'localhost/own:1': without root images come from a registry, or by "
                "'docker-archive:FILE' from 'podman save': Error: ") in said, said
    # Without root podman writes nowhere else.
    assert user == 0 or not (folder / ".config").exists(), list((folder / ".config").rglob("*"))
    assert user == 0 or [path.name for path in places["data"].iterdir()] == ["snet"]
    # What podman keeps is the image, not the container that it was taken from.
    store = [path for place in (folder / "store", places["data"]) for path in place.rglob("*")]
    kept = {path.name for path in store if path.parent.name == "vfs-images" and path.is_dir()}
    containers = [path for path in store if path.name == "containers.json"]
    assert len(kept) == 1, kept
    assert not any(json.loads(path.read_text()) for path in containers), containers


def main(path):
    if not all(map(shutil.which, ("podman", "busybox", "crun", "setpriv"))):
        return 77
    users = [0, NOBODY] if os.geteuid() == 0 else [os.geteuid()]
    for user in users:
        with tempfile.TemporaryDirectory(prefix="snet-image-") as name:
            folder = pathlib.Path(name)
            snet = shutil.copy(path, folder / "snet")
            try_image(snet, folder, user)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
