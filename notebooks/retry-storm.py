# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which jitter strategy survives a payment outage?
#
# Reads what `squall run scenarios/library/retry-storm.toml` has written, and compares the
# strategies. Everything is measured by Squall; this notebook only draws and sorts.

# %%
import json
import os
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

results = Path(os.environ.get("SQUALL_RESULTS", "../results")) / "retry-storm"
manifest = json.loads((results / "manifest.json").read_text())
summary = pd.read_csv(results / "summary.csv")
runs = pd.read_csv(results / "runs.csv")
series = pd.read_csv(results / "timeseries.csv")
print(manifest["title"])
print(manifest["command"])

# %% [markdown]
# ## Peak rate after the outage
#
# The ratio of the largest count in a window to the rate before the fault. It depends on the
# window as much as on the strategy: read across a row before you quote a number. Variants in which
# nobody calls before the fault have no such ratio, and are left out.

# %%
before = summary[summary["measure"] == "rate_before_per_s"].set_index("variant")["mean"]
strategies = list(before[before > 0].index)
peaks = summary[
    summary["measure"].str.startswith("peak_rate_") & summary["phase"].str.startswith("after")
]
peaks = peaks.pivot(index="variant", columns="window_s", values="ratio_mean").loc[strategies]
peaks.columns = [f"{1000 * window:g} ms" for window in peaks.columns]
assert not peaks.isna().any().any(), "every strategy has a peak in every window"
peaks.round(2)

# %%
ordered = peaks.sort_values("1000 ms")
ax = ordered["1000 ms"].plot.barh(figsize=(8, 5), color="#0b62a4")
ax.axvline(1, color="black", linewidth=1)
ax.set_xlabel("peak per second after the outage, times the rate before it")
ax.set_ylabel("")
plt.tight_layout()

# %% [markdown]
# ## What the users got
#
# A gentle peak can be bought with calls that give up: retrying at once is kind to the recovered
# service because its attempts are spent within the outage.

# %%
def measure(key):
    return summary[summary["measure"] == key].set_index("variant")["mean"]


table = pd.DataFrame(
    {
        "peak / 1 s": peaks["1000 ms"],
        "amplification": measure("amplification_all"),
        "success": measure("availability_all"),
        "time to recover, s": measure("time_to_recover_s"),
    }
).loc[strategies]
table.round(3)

# %% [markdown]
# ## Arrivals over time
#
# Full jitter and no jitter side by side: the same calls, the same draws.

# %%
fig, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
for ax, variant in zip(axes, ["full jitter", "no jitter"]):
    course = series[(series["variant"] == variant) & (series["subject"] == "payment")]
    assert not course.empty, f"{variant} has a course"
    ax.plot(course["time_s"], course["arrivals_per_s"], color="#0b62a4")
    ax.plot(course["time_s"], course["control_arrivals_per_s"], color="grey", linewidth=0.8)
    ax.set_title(variant)
    ax.set_xlabel("time, s")
axes[0].set_ylabel("arrivals at payment, per second")
plt.tight_layout()

# %% [markdown]
# ## How sure are we?
#
# The runs of two strategies share their draws call by call, so that their difference is far less
# noisy than either of them.

# %%
by_strategy = runs.pivot(
    index="replication", columns="variant", values="peak_rate_1s_after_per_s"
)
difference = by_strategy["no jitter"] - by_strategy["full jitter"]
print(f"no jitter − full jitter: {difference.mean():.0f}/s ± {difference.sem() * 2:.0f}")
