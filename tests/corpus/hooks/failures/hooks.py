def on_failure(job, attempt):
    if "CUDA out of memory" in attempt["log_tail"]:
        return {"params": {"batch_size": job["params"]["batch_size"] // 2}}
    if attempt["exit_code"] == 75:
        more = "%dG" % (2 * int(job["slurm"]["mem"].rstrip("G")))
        return {"slurm": {"mem": more, "exclude": attempt["nodes"]}}
    if attempt["signal"] == 9:
        return {}
