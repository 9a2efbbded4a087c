# SPDX-License-Identifier: MIT
"""Smooth a sensor's values, and switch the heating by them."""

# A worker stays for many events, one at a time: what it keeps here is warm memory, not a place
# for what must not be lost.
recent = {}


def main(params):
    """
    params: the event, a CloudEvent; the data of a sensor's is {"value": what it has measured}.
    What the lab file names under "parameters" is there as well.
    """
    value = params["data"]["value"]
    values = recent.setdefault(params["source"], [])
    values.append(value)
    del values[: -int(params.get("window", 3))]
    mean = round(sum(values) / len(values), 2)

    # Logs are read with "snet logs NODE".
    print(f'{params["source"]}: {value}, the mean of {len(values)} is {mean}')
    return {
        "commands": [
            {"target": "display", "set": mean},
            {"target": "heating", "set": "on" if mean < params.get("wanted", 20) else "off"},
        ]
    }
