# SPDX-License-Identifier: MIT
# Runs Python functions as OpenWhisk's Python runtime does, over ActionLoop's pipes: a line of
# JSON on standard input for each run, a line on descriptor 3 for each result. The first line
# out is "ready"; the first line in is the code. An answer that OpenWhisk's runtime would give
# with a status other than 200 is marked with a leading '!'.
import base64
import io
import json
import os
import sys
import tarfile
import traceback
import types
import zipfile

sys.stdout.reconfigure(line_buffering=True)
source = os.fdopen(os.dup(0), "rb")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
target = os.fdopen(3, "wb", buffering=0)
os.set_inheritable(3, False)


def send(text):
    data = text.encode("utf-8", "surrogatepass") + b"\n"
    while data:
        data = data[target.write(data) or 0:]


def fail(message):
    sys.stdout.flush()
    sys.stderr.flush()
    send("!" + json.dumps({"error": message}))
    os._exit(0)


def to_env(value):
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value) if value else ""


def unpack(code, folder):
    data = base64.b64decode(code)
    if data[:2] == b"\x1f\x8b":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(folder)
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(folder)


def load(init):
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    code = init["code"]
    name = "action.py"
    if init["binary"]:
        folder = init["folder"]
        try:
            unpack(code, folder)
        except Exception:
            fail("Initialization has failed due to: There was an error uncompressing the "
                 "action archive.")
        name = os.path.join(folder, "__main__.py")
        os.chdir(folder)
        sys.path.insert(0, folder)
        if os.path.isdir(os.path.join(folder, "virtualenv")):
            sys.path.insert(1, os.path.join(folder, "virtualenv", "lib", "python%d.%d" %
                                            sys.version_info[:2], "site-packages"))
        if not os.path.exists(name):
            fail("Initialization has failed due to: Zip file does not include __main__.py")
        with open(name, encoding="utf-8") as file:
            code = file.read()
    module.__file__ = name
    exec(compile(code, name, "exec"), module.__dict__)
    main = module.__dict__.get(init["main"])
    if not callable(main):
        fail("Initialization has failed due to: Action entrypoint '%s' is not a function." %
             init["main"])
    return main


def start():
    init = json.loads(source.readline())
    for key, value in init["env"].items():
        os.environ[key] = to_env(value)
    try:
        main = load(init)
    except SystemExit:
        os._exit(1)
    except BaseException as error:
        traceback.print_exc()
        fail("Initialization has failed due to: %s: %s" % (type(error).__name__, error))
    send('{"ok":true}')
    return main


def run(main, line):
    request = json.loads(line)
    value = request.pop("value", {})
    for key, text in request.items():
        os.environ["__OW_" + key.upper()] = to_env(text)
    try:
        result = main(value)
        answer = json.dumps(result, separators=(",", ":"))
    except SystemExit:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
    except MemoryError:
        os._exit(137)
    except BaseException as error:
        traceback.print_exc()
        result = {}
        answer = json.dumps({"error": str(error)})
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(result, (dict, list)):
        send(answer)
    else:
        send('!{"error":"The action did not return a dictionary or array."}')


def serve():
    send("ready")
    main = start()
    sys.stdout.flush()
    sys.stderr.flush()
    while True:
        line = source.readline()
        if not line:
            os._exit(0)
        run(main, line)


serve()
