from dataclasses import dataclass


@dataclass
class Limits:
    low: int = 1
    high: int = 4


def keep(params):
    return bool(params["notify"]) == (params["user"] == "ada")


def slurm(params, defaults):
    defaults["cpus-per-task"] = getattr(Limits(), params["priority"])
    defaults["qos"] = {"low": "preempt", "high": "normal"}[params["priority"]]
    defaults["requeue"] = params["priority"] == "low"
    return defaults
