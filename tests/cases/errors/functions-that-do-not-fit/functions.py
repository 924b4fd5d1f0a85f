from decimal import Decimal


def half(number: float) -> float:
    return number / 2


def double(number: float, times: int = 2) -> float:
    return number * times


def bare(number):
    return number


async def later(number: int) -> int:
    return number


def many(*numbers: int) -> int:
    return sum(numbers)


def odd(number: Decimal) -> Decimal:
    return number


def len(number: int) -> int:
    return number


def _own(number: int) -> int:
    return number
