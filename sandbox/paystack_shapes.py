"""How Paystack writes down a charge, a recipient, a transfer and a refund."""

from __future__ import annotations

from typing import Any

from sandbox.clock import iso
from sandbox.outgoing import Out
from sandbox.paystack_door import INTEGRATION, NETWORKS
from sandbox.wallets import Ask

BANKS = {"mtn": "MTN", "vodafone": "Telecel Cash", "at": "AirtelTigo Money"}
CODES = {network: code for code, network in NETWORKS.items()}
OUTCOMES = {
    "no_funds": "Insufficient funds", "declined": "Declined by customer", "expired": "Transaction timed out",
    "not_registered": "Mobile money account not found", "limit": "Wallet limit reached", "down": "Service is unavailable",
    "no_float": "Your balance is not enough to fulfil this request",
}  # fmt: skip
NOTHING: dict[str, Any] = {}


def local(msisdn: str) -> str:
    return "0" + msisdn.removeprefix("233")


def customer(msisdn: str, email: str) -> dict[str, Any]:
    return {
        "id": int(msisdn[-9:]), "first_name": None, "last_name": None, "email": email, "customer_code": f"CUS_{msisdn}", "phone": local(msisdn),
        "metadata": NOTHING, "risk_action": "default", "international_format_phone": "+" + msisdn,
    }  # fmt: skip


def authorization(ask: Ask) -> dict[str, Any]:
    """Of a wallet, in the fields of a card."""
    return {
        "authorization_code": f"AUTH_{ask.provider_id}", "bin": ask.msisdn[:6], "last4": "X" + ask.msisdn[-3:], "exp_month": "12", "exp_year": "9999",
        "channel": "mobile_money", "card_type": "", "bank": BANKS[ask.wallet_of], "country_code": "GH",
        "brand": BANKS[ask.wallet_of], "reusable": False, "signature": f"SIG_{ask.msisdn}", "account_name": None,
    }  # fmt: skip


def transaction(ask: Ask, *, status: str, domain: str, fees: int = 0) -> dict[str, Any]:
    """A charge as it is verified, listed and reported."""
    paid_at = iso(ask.finished) if ask.finished and ask.state == "SUCCESS" else None
    outcome = "Approved" if ask.state == "SUCCESS" else OUTCOMES.get(ask.reason, ask.reason)
    log = {"start_time": int(ask.created), "time_spent": 0, "attempts": 1, "errors": 0, "success": bool(paid_at), "mobile": False}
    return {
        "id": int(ask.provider_id), "domain": domain, "status": status, "reference": ask.reference, "receipt_number": None,
        "amount": ask.taken if paid_at else ask.amount, "message": outcome or None, "gateway_response": outcome, "paid_at": paid_at,
        "created_at": iso(ask.created), "channel": "mobile_money", "currency": ask.taken_currency if paid_at else ask.currency,
        "ip_address": "127.0.0.1", "metadata": NOTHING, "log": log | {"input": [], "history": []}, "fees": fees, "fees_split": None,
        "authorization": authorization(ask), "customer": customer(ask.msisdn, ask.body["email"]), "plan": None, "split": NOTHING,
        "order_id": None, "paidAt": paid_at, "createdAt": iso(ask.created), "requested_amount": ask.amount, "pos_transaction_data": None,
        "source": {"source": "merchant_api", "type": "api", "identifier": None, "entry_point": "charge"}, "fees_breakdown": None,
        "connect": None, "transaction_date": iso(ask.finished or ask.created), "plan_object": NOTHING, "subaccount": NOTHING,
    }  # fmt: skip


def charge(ask: Ask, *, status: str, domain: str) -> dict[str, Any]:
    """A charge as it answers while it is under way."""
    whole = transaction(ask, status=status, domain=domain)
    names = ("status", "amount", "currency", "transaction_date", "reference", "domain", "metadata", "gateway_response", "message", "channel", "fees")
    return {name: whole[name] for name in (*names, "authorization", "customer")} | {"redirect_url": None}


def recipient(code: str, number: int, made: str, body: dict[str, Any], *, domain: str) -> dict[str, Any]:
    """Somebody money can be sent to."""
    network = NETWORKS[body["bank_code"].lower()]
    details = {
        "authorization_code": None, "account_number": body["account_number"], "account_name": body["name"], "bank_code": body["bank_code"],
        "bank_name": BANKS[network],
    }  # fmt: skip
    return {
        "active": True, "createdAt": made, "currency": body["currency"], "description": body.get("description") or "", "domain": domain,
        "email": None, "id": number, "integration": INTEGRATION, "metadata": NOTHING, "name": body["name"], "recipient_code": code,
        "type": body["type"], "updatedAt": made, "is_deleted": False, "isDeleted": False, "details": details,
    }  # fmt: skip


def transfer(out: Out, *, status: str, domain: str, fee: int = 0) -> dict[str, Any]:
    """A transfer as it is verified, listed and reported."""
    failed, number = OUTCOMES.get(out.reason, out.reason) or None, int(out.provider_id.removeprefix("TRF_"))
    return {
        "amount": out.amount, "createdAt": iso(out.created), "currency": out.currency, "domain": domain, "failures": failed,
        "id": number, "integration": INTEGRATION, "reason": out.body.get("reason") or "", "reference": out.reference,
        "source": "balance", "source_details": None, "status": status, "titan_code": None, "transfer_code": out.provider_id,
        "request": number + 1, "transferred_at": iso(out.arrived) if out.arrived else None,
        "updatedAt": iso(out.finished or out.created), "recipient": out.body["recipient"], "session": {"provider": None, "id": None},
        "fee_charged": fee, "fees_breakdown": None, "gateway_response": failed,
    }  # fmt: skip


def refund(out: Out, ask: Ask, *, status: str, domain: str) -> dict[str, Any]:
    """A refund as it is read back."""
    return {
        "integration": INTEGRATION, "transaction": int(ask.provider_id), "dispute": None, "settlement": None, "id": int(out.provider_id),
        "domain": domain, "currency": out.currency, "amount": out.amount, "status": status,
        "refunded_at": iso(out.arrived) if out.arrived else None, "refunded_by": "api@sew4mi.example",
        "customer_note": out.body.get("customer_note") or "", "merchant_note": out.body.get("merchant_note") or "",
        "deducted_amount": out.amount if out.arrived else 0, "fully_deducted": int(bool(out.arrived)), "createdAt": iso(out.created),
        "bank_reference": None, "transaction_reference": ask.reference, "reason": OUTCOMES.get(out.reason, out.reason),
        "customer": customer(ask.msisdn, ask.body["email"]), "refund_type": "partial" if out.amount < ask.taken else "full",
        "transaction_amount": ask.taken, "initiated_by": "api@sew4mi.example", "refund_channel": "mobile_money", "session_id": None,
        "collect_account_number": status == "needs-attention",
    }  # fmt: skip


def queued_refund(out: Out, ask: Ask, *, status: str, domain: str) -> dict[str, Any]:
    """A refund as it answers when it is asked for, with its payment."""
    paid = transaction(ask, status="success", domain=domain)
    names = ("id", "domain", "reference", "amount", "paid_at", "channel", "currency", "authorization", "customer", "split", "order_id", "paidAt")
    payment = {name: paid[name] for name in (*names, "pos_transaction_data", "source", "fees_breakdown")}
    made = iso(out.created)
    return {
        "transaction": payment | {"plan": NOTHING, "subaccount": {"currency": None}}, "integration": INTEGRATION, "deducted_amount": 0,
        "channel": None, "merchant_note": out.body.get("merchant_note") or "", "customer_note": out.body.get("customer_note") or "",
        "status": status, "refunded_by": "api@sew4mi.example", "expected_at": made, "currency": out.currency, "domain": domain,
        "amount": out.amount, "fully_deducted": False, "id": int(out.provider_id), "createdAt": made, "updatedAt": made,
    }  # fmt: skip


def mixed(shape: dict[str, Any]) -> dict[str, Any]:
    """Strings where numbers are documented."""
    return shape | {name: str(shape[name]) for name in ("amount", "id", "fees") if shape.get(name) is not None}
