"""How the house does: who comes how far, how much is said, how long people wait, what succeeds."""

from __future__ import annotations

from flask import request

from bot.admin.charts import Chart, beside_words, over_time, part
from bot.admin.door import Answer, Desk, Pages
from models.metrics import SOON, WAITS, MetricDay, Numbers

pages = Pages("metrics", "Metrics", group="House", rank=2)
PERIODS = {"1": "24 hours", "7": "7 days", "30": "30 days", "90": "90 days"}
#: (name, key) of each step, and what it is called.
FUNNEL = {
    ("met", "people"): "first message", ("consented", "people"): "agreed", ("browsed", "people"): "saw tailors",
    ("ordered", "orders"): "ordered", ("came", "deposit"): "deposit paid", ("came", "completed"): "completed",
}  # fmt: skip


@pages.page("/metrics")
def metrics(desk: Desk) -> Answer:
    asked = request.args.get("days", "7")
    days = int(asked) if asked in PERIODS else 7
    numbers = Numbers(MetricDay.read(desk.db, desk.now, days), desk.now, days)
    charts = [
        _funnel(numbers), _messages(numbers, days), _waits("Tailors' first answers", "tailor", numbers), _waits("Our first answers", "desk", numbers),
        _payments(numbers), _punctual(numbers, days), _disputes(numbers, days), _voice(numbers),
    ]  # fmt: skip
    return desk.show("metrics.html", charts=charts, periods=PERIODS, days=str(days), counted=MetricDay.last(desk.db))


def _funnel(numbers: Numbers) -> Chart:
    ordered, completed = numbers.sum("ordered", "orders"), numbers.sum("came", "completed")
    said = f"{numbers.sum('met', 'people'):,} people came, {ordered:,} orders were placed, {completed:,} completed."
    rows = [(word, numbers.sum(*step), "") for step, word in FUNNEL.items()]
    return beside_words("From the first message to the last", said, rows)


def _messages(numbers: Numbers, days: int) -> Chart:
    series = {"in": numbers.row("in", "messages"), "out": numbers.row("out", "sent"), "failed": numbers.row("out", "failed")}
    failed = sum(series["failed"])
    out = sum(series["out"]) + failed
    said = f"{sum(series['in']):,} in, {out:,} out; {failed:,} of them failed ({part(failed, out)})."
    return over_time("Messages", said, numbers.times, series, hours=days == 1)


def _waits(title: str, name: str, numbers: Numbers) -> Chart:
    counts = {wait: numbers.sum(name, wait) for wait in WAITS}
    whole = sum(counts.values())
    soon = sum(count for wait, count in counts.items() if WAITS.index(wait) <= WAITS.index(SOON))
    said = f"{part(soon, whole)} of {whole:,} came within an hour." if whole else "Nobody has been answered."
    return beside_words(title, said, [(wait, count, part(count, whole)) for wait, count in counts.items()])


def _payments(numbers: Numbers) -> Chart:
    networks = sorted({key.partition(" ")[0] for key in numbers.keys("payment")})
    paid = {name: numbers.sum("payment", f"{name} paid") for name in networks}
    tried = {name: paid[name] + numbers.sum("payment", f"{name} refused") for name in networks}
    said = f"{part(sum(paid.values()), sum(tried.values()))} of {sum(tried.values()):,} prompts were paid."
    rows = [(name, paid[name], f"{part(paid[name], tried[name])} of {tried[name]:,}") for name in networks]
    return beside_words("Payments by network", said, rows, head=("Network", "Paid", "Of all"))


def _punctual(numbers: Numbers, days: int) -> Chart:
    series = {"on time": numbers.row("handed_over", "on time"), "late": numbers.row("handed_over", "late")}
    whole = sum(map(sum, series.values()))
    said = f"{part(sum(series['on time']), whole)} of {whole:,} garments came by the promised day." if whole else "No garment was handed over."
    return over_time("Handed over", said, numbers.times, series, hours=days == 1)


def _disputes(numbers: Numbers, days: int) -> Chart:
    opened, paid = numbers.row("disputed", "orders"), numbers.sum("came", "deposit")
    said = f"{sum(opened):,} opened" + (f", {part(sum(opened), paid)} of {paid:,} orders whose deposit was paid meanwhile." if paid else ".")
    return over_time("Disputes", said, numbers.times, {"opened": opened}, hours=days == 1)


def _voice(numbers: Numbers) -> Chart:
    counts = {word: numbers.sum("voice", word) for word in ("understood", "asked again", "lost")}
    whole = sum(counts.values())
    said = f"{part(counts['understood'], whole)} of {whole:,} were understood at once." if whole else "Nobody has sent a voice note."
    return beside_words("Voice notes", said, [(word, count, part(count, whole)) for word, count in counts.items()])
