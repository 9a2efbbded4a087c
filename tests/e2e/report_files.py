#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What reports must be for those who read them: junit.xml for Jenkins and GitLab, report.json for a
program, report.html for a browser that asks for nothing.

    report_files.py MADE_REPORTS
"""
import html.parser
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

VOID = {"meta", "br", "link", "img", "input", "hr"}
LIMIT = 5 * 1000 * 1000  # bytes of a page

failed = False


def check(holds, what):
    global failed
    if not holds:
        print(f"not so: {what}", file=sys.stderr)
        failed = True


def check_junit(name, path):
    """Jenkins' junit plug-in wants names, and counts that are numbers; GitLab tells cases by class
    and name, and shows failure, error, skipped and system-out."""
    if shutil.which("xmllint"):
        done = subprocess.run(["xmllint", "--noout", path], capture_output=True, text=True)
        check(done.returncode == 0, f"{name}: xmllint: {done.stderr}")
    root = ET.parse(path).getroot()
    check(root.tag == "testsuites", f"{name}: a root <testsuites>")
    suites = root.findall("testsuite")
    check(len(suites) == 1 and suites[0].get("name"), f"{name}: one suite with a name")
    suite, cases = suites[0], suites[0].findall("testcase")
    check(suite.find("properties/property[@name='seed']").get("value") == "42", f"{name}: the seed")
    for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        found = len(suite.findall(f"testcase/{tag}"))
        check(found == int(suite.get(count)), f"{name}: {count}")
        check(suite.get(count) == root.get(count), f"{name}: {count} of the root")
    check(int(suite.get("tests")) == len(cases), f"{name}: tests")
    known = {(case.get("classname"), case.get("name")) for case in cases}
    check(name == "hostile" or len(known) == len(cases), f"{name}: no two cases of a name")
    for case in cases:
        check(case.get("name") and case.get("classname"), f"{name}: a case has its names")
        check(float(case.get("time")) >= 0, f"{name}: a case has its time")
        check(len([at for at in case if at.tag != "system-out"]) <= 1, f"{name}: one result a case")
    for bad in suite.iter("failure"):
        check(bad.get("message"), f"{name}: a failure has a message")


def check_json(name, path):
    with open(path, encoding="utf-8", errors="replace") as file:
        report = json.load(file)
    check(report["seed"] == 42 and report["verdict"] in ("held", "violated"), f"{name}: report.json")
    return report


class Page(html.parser.HTMLParser):
    """Tags must nest, ids be unique, and what labels and links point at be there."""

    def __init__(self, name):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.ids, self.wanted, self.tags = name, [], set(), set(), {}
        self.policy, self.text = None, []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        check(tag not in ("script", "link", "iframe", "img", "object", "base"), f"{self.name}: no <{tag}>")
        for key, value in attrs.items():
            check(not key.startswith("on"), f"{self.name}: no {key}")
            check(key not in ("src", "style", "action"), f"{self.name}: no {key}")
            if key in ("href", "xlink:href"):
                check(value.startswith("#"), f"{self.name}: no link to {value}")
                self.wanted.add(value[1:])
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]
        if "id" in attrs:
            check(attrs["id"] not in self.ids, f"{self.name}: one '{attrs['id']}'")
            self.ids.add(attrs["id"])
        self.wanted.update(attrs.get("aria-labelledby", "").split())

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, f"{self.name}: </{tag}> closes {self.open[-1:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        self.text.append(data)


def check_page(name, path, report):
    check(os.path.getsize(path) <= LIMIT, f"{name}: a page of {os.path.getsize(path)} bytes")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = Page(name)
    page.feed(text)
    page.close()
    check(not page.open, f"{name}: all is closed: {page.open}")
    check(page.policy and page.policy.startswith("default-src 'none'"), f"{name}: a policy")
    check(page.wanted <= page.ids, f"{name}: nothing for {page.wanted - page.ids}")
    check(page.tags.get("h1") == 1 and page.tags.get("main") == 1, f"{name}: one h1, one main")
    check("run it again" in "".join(page.text).lower(), f"{name}: how to run it again")
    check(report["why"] in "".join(page.text) or name == "hostile", f"{name}: why")


def main():
    folder = tempfile.mkdtemp(prefix="snet-report-")
    try:
        subprocess.run([sys.argv[1], folder], check=True)
        names = sorted(os.listdir(folder))
        check(names == ["held", "hostile", "many", "nothing", "violated"], f"all runs: {names}")
        for name in names:
            path = os.path.join(folder, name)
            check_junit(name, os.path.join(path, "junit.xml"))
            report = check_json(name, os.path.join(path, "report.json"))
            check_page(name, os.path.join(path, "report.html"), report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
