"""Prints a SAM template as CloudFormation gets it: SAM's own translation, as JSON."""

import json
import sys
from pathlib import Path

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoPolicies(ManagedPolicyLoader):
    """The template names no managed policies by name: those would have to be asked for."""

    def __init__(self):
        pass

    def load(self):
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
# Code is uploaded before the translation; where it is then does not matter here.
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
parameters = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
json.dump(transform(template, parameters, NoPolicies()), sys.stdout)
