"""A tailor shows the work: a photo, of which order, of which step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import AskAgain, Flow
from bot.rules import NotAllowed, days
from bot.rules.milestones import BY_NAME
from bot.understand import NotUnderstood, choose
from models.order import Order
from models.picture import Picture
from models.tailor import Tailor

WORKING = ("ACCEPTED", "IN_PROGRESS", "COMPLETING")


class Milestone(Flow):
    """Takes a work photo and passes it on to the customer."""

    patient = True
    for_tailors = True
    by_day = ("fitting_due",)
    starts_with = ("photo", "send photo", "ready", "milestone")
    listens = {"photo": ("image",), "which": ("image",), "step": ("image",)}
    states = ("photo", "which", "step")
    transitions = (
        ("photo_sent", "photo", "which"),
        ("no_work", "photo", "done"),
        ("no_work_any_more", "which", "done"),
        ("order_known", "which", "step"),
        ("step_known", "step", "done"),
        ("no_step", "step", "done"),
    )
    says = {
        "photo": "Please send the photo of your work. You may write the step under it: fabric, cutting, assembly, fitting, adjustments, "
        "pressing or ready.",
        "hint_photo": "A photo from your phone, as a picture.",
        "which": "Which order is on the photo?",
        "hint_which": "Send the number of an order.",
        "step": "{order}: what does the photo show?",
        "hint_step": "Send the number of a step.",
        "no_work": "No order of yours waits for a photo now. Send *my jobs* to see why.",
        "no_step": "{order} waits for no photo now.",
        "fabric": "Fabric", "cutting": "Cutting", "assembly": "Assembly", "fitting": "Fitting", "adjustments": "Adjustments",
        "pressing": "Pressing", "ready": "Ready",
        "instead": "I take this photo instead of the one before.",
        "thanks": "Thank you! I am passing it on.",
        "shown": "{order}, {step}: {customer} has the photo now.",
        "shown_fitting": "{order}: {customer} is looking at the fitting. I will tell you the answer, at the latest in 48 hours.",
        "shown_ready": "{order} is ready: I ask {customer} for the last payment, then you can hand it over.",
        "customer": "{tailor} · {order} · *{step}* ({percent} %)",
        "customer_cutting": "{tailor} · {order} · *{step}* ({percent} %)\nThe cloth is cut. In two hours we pay the deposit out to {tailor}; "
        "if something is wrong, send *problem* now.",
        "lost": "I could not open that photo for {order}. Please send it once more.",
        "lost_unnamed": "I could not open that photo. Please send it once more.",
        "due_begin": "{order} for {customer} waits for its first photo. Without one in two days I ask {customer} whether somebody else shall sew it.",
        "due_fitting": "{order} for {customer}, ready by {day}: please send the fitting photo as soon as it can be tried on.",
        "too_late": "That photo came too late for {order}: this step is over.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        picture_id: int = 0
        caption: str = ""

    # -- the talk

    def ask_photo(self) -> None:
        if not self._working():
            self.say("no_work")
            self.no_work()
            return
        self.ask("photo")

    def hear_photo(self) -> None:
        self._take_photo()
        self.photo_sent()

    def ask_which(self) -> None:
        orders = self._working()
        if not orders:
            self.say("no_work")
            self.no_work_any_more()
        elif self.memory.order_id or len(orders) == 1:
            self.memory.order_id = self.memory.order_id or orders[0].id
            self.order_known()
        else:
            self.ask("which", [(str(o.id), o.number, o.noun(self.db)) for o in orders])

    def hear_which(self) -> None:
        self._take_another_photo()
        self.memory.order_id = int(self.choice())
        self.order_known()

    def ask_step(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id)
        steps = order.possible_steps(self.db)
        named = self._named_in_caption(steps)
        if not steps:
            self.say("no_step", order=order.number)
            self.no_step()
        elif named:
            self._settle(order, named)
        else:
            self.ask("step", [(s, self.line(s), f"{BY_NAME[s].percent} %") for s in steps], order=order.number)

    def hear_step(self) -> None:
        self._take_another_photo()
        self._settle(Order.by_id(self.db, self.memory.order_id), self.choice())

    # -- what happens outside

    def on_work_photo_kept(self, facts: dict[str, Any]) -> None:
        """The photo is safely here. If order and step are known by now, it counts; else it waits for them."""
        picture = Picture.by_id(self.db, facts["picture_id"])
        chosen = picture.sequel.get("chosen")
        if chosen:
            self._show(chosen["order_id"], chosen["step"], picture.id)

    def on_work_photo_lost(self, facts: dict[str, Any]) -> None:
        """The photo could not be fetched or opened: nothing has happened to the order."""
        chosen = Picture.by_id(self.db, facts["picture_id"]).sequel.get("chosen")
        if chosen:
            self.tell(self.person.id, "lost", order=Order.by_id(self.db, chosen["order_id"]).number)
        else:
            self.tell(self.person.id, "lost_unnamed")

    def on_fitting_due(self, facts: dict[str, Any]) -> None:
        """A week after accepting there is no fitting photo yet."""
        order = Order.by_id(self.db, facts["order_id"])
        if order.stands_still(self.db, "fitting_due", self.now):
            return
        if order.state in ("ACCEPTED", "IN_PROGRESS") and self._is_mine(order):
            values: dict[str, Any] = {"customer": order.customer(self.db).first_name, "day": days.spoken(order.promised_on, self.today)}
            self.tell(self.person.id, "due_begin" if order.state == "ACCEPTED" else "due_fitting", order=order.number, **values)

    # -- private

    def _take_photo(self) -> None:
        heard = self.scene.heard
        assert heard
        if heard.kind != "image" or heard.media is None:
            raise NotUnderstood("no_photo")
        sequel = {"kept": "work_photo_kept", "lost": "work_photo_lost"}
        wanted = Picture.want(self.db, self.person.id, heard.channel, heard.media.url, heard.media.content_type, sequel, self.now)
        self.memory.picture_id, self.memory.caption = wanted.id, heard.text[:200]
        self.scene.wakes.add("pictures")

    def _take_another_photo(self) -> None:
        """A second photo before the first one was explained takes its place."""
        if self.scene.heard and self.scene.heard.kind == "image":
            self._take_photo()
            self.say("instead")
            raise AskAgain

    def _settle(self, order: Order, step: str) -> None:
        """Order and step are known: counts at once if the photo is here, else when it comes."""
        picture = Picture.by_id(self.db, self.memory.picture_id, lock=True)
        if picture.state == "lost":
            self.say("lost", order=order.number)
        elif picture.state == "kept":
            self._show(order.id, step, picture.id)
        else:
            picture.sequel = picture.sequel | {"chosen": {"order_id": order.id, "step": step}}
            self.say("thanks")
        self.step_known()

    def _show(self, order_id: int, step: str, picture_id: int) -> None:
        order = Order.by_id(self.db, order_id, lock=True)
        try:
            if not self._is_mine(order):
                raise NotAllowed("not_now")
            shown = order.show(self.db, step, picture_id, self.now)
        except NotAllowed:
            self.tell(self.person.id, "too_late", order=order.number)
            return
        tailor = order.tailor(self.db)
        values = {"tailor": tailor.business, "order": order.number, "step": self.line(step), "percent": BY_NAME[step].percent}
        sequel = {"event": "photo_delivered", "person": order.customer_id, "order_id": order.id, "milestone_id": shown.id}
        key = "customer_cutting" if step == "cutting" and not order.in_cash(self.db, "deposit") else "customer"
        self.tell(order.customer_id, key, picture=self.scene.links.picture(picture_id), sequel=sequel, **values)
        self._tell_tailor(order, step)
        if step == "fitting":
            self.invite(order.customer_id, "fitting", once=f"fitting:{shown.id}", order_id=order.id)
        elif step == "ready":
            self.invite(order.customer_id, "pay", once=f"pay:{order.id}:final", order_id=order.id)

    def _tell_tailor(self, order: Order, step: str) -> None:
        key = f"shown_{step}" if step in ("fitting", "ready") else "shown"
        self.tell(self.person.id, key, order=order.number, step=self.line(step), customer=order.customer(self.db).first_name)

    def _named_in_caption(self, steps: tuple[str, ...]) -> str | None:
        try:
            return steps[choose(self.memory.caption, [self.line(s) for s in steps])] if self.memory.caption else None
        except NotUnderstood:
            return None

    def _is_mine(self, order: Order) -> bool:
        """Whether it is still hers: an order may go to another tailor."""
        return order.tailor(self.db).person_id == self.person.id

    def _working(self) -> list[Order]:
        tailor = Tailor.of_person(self.db, self.person.id)
        return Order.of_tailor(self.db, tailor.id, WORKING) if tailor else []
