"""The official Twilio package as an oracle: it signs webhooks, and it knows what TwiML may hold.

Reads one JSON request a line, writes one JSON answer a line:

    {"sign": {"auth_token": "…", "url": "…", "fields": {"CallSid": "…"}}}  →  {"signature": "…"}
    {"check": "<Response>…</Response>"}                                    →  {"complaints": ["…"]}
"""

import inspect
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

from twilio.request_validator import RequestValidator
from twilio.twiml import voice_response


def sign(auth_token, url, fields):
    return RequestValidator(auth_token).compute_signature(url, fields)


def check(document):
    """Whatever in a document the package has no verb, noun or attribute for."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    if root.tag != "Response" or root.attrib:
        return [f"the root is {root.tag} {root.attrib}, not Response"]
    return list(complaints(root, voice_response.VoiceResponse))


def complaints(element, kind):
    for child in element:
        builder = getattr(kind, snake_case(child.tag), None)
        child_kind = getattr(voice_response, child.tag, None)
        if builder is None or child_kind is None:
            yield f"{child.tag} may not stand in {element.tag}"
            continue
        allowed = {camel_case(name) for name in inspect.signature(builder).parameters}
        for attribute in child.attrib:
            if attribute not in allowed:
                yield f"{child.tag} has no attribute {attribute}"
        yield from complaints(child, child_kind)


def snake_case(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def camel_case(name):
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def answer(request):
    if "sign" in request:
        return {"signature": sign(**request["sign"])}
    return {"complaints": check(request["check"])}


def main():
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
