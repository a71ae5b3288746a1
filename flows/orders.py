"""The customer's orders, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow
from models.order import Order


class Orders(Flow):
    """Lists the customer's orders and opens one."""

    starts_with = ("my orders", "orders", "my order", "track")
    fleeting = True
    states = ("pick",)
    transitions = (("picked", "pick", "done"), ("none_there", "pick", "done"))
    says = {
        "pick": "Your orders:",
        "hint_pick": "Send the number of an order.",
        "none": "You have no orders yet. Send *find a tailor* to begin.",
        "about": "{garment} · {state}",
        "state_PENDING_DEPOSIT": "deposit open", "state_DEPOSIT_PAID": "tailor asked", "state_ACCEPTED": "accepted",
        "state_IN_PROGRESS": "in work", "state_READY_FOR_FITTING": "look at the fitting", "state_FITTING_APPROVED": "2nd part open",
        "state_COMPLETING": "being finished", "state_READY_FOR_DELIVERY": "ready", "state_DELIVERED": "handed over",
        "state_COMPLETED": "done", "state_DISPUTED": "with our people", "state_CANCELLED": "cancelled", "state_REFUNDED": "refunded",
    }  # fmt: skip

    @dataclass
    class Memory:
        pass

    def ask_pick(self) -> None:
        mine = Order.of_customer(self.db, self.person.id)
        if not mine:
            self.say("none")
            self.none_there()
        elif len(mine) == 1:
            self.picked()
            self.hand_over_to("follow", number=mine[0].number)
        else:
            options = [(o.number, o.number, self.line("about", garment=o.noun(self.db), state=self.line(f"state_{o.state}"))) for o in mine]
            self.ask("pick", options)

    def hear_pick(self) -> None:
        number = self.choice()
        self.picked()
        self.hand_over_to("follow", number=number)
