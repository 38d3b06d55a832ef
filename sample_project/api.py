"""An API over the price list: `uvicorn api:app`."""

from fastapi import FastAPI, HTTPException
from prices import PRICES, price_of

VERSION = 1

app = FastAPI(title="Corner shop", version=str(VERSION))


@app.get("/")
def index() -> dict[str, int | list[str]]:
    return {"version": VERSION, "items": sorted(PRICES)}


@app.get("/prices/{name}")
def price(name: str) -> dict[str, int | str]:
    cents = price_of(name)
    if cents is None:
        raise HTTPException(404, f"no price for {name!r}")
    return {"name": name, "cents": cents}
