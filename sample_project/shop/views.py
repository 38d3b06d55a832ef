"""The page with everything on the shelf."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .models import Item

TITLE = "Corner shop"


def shelf(request: HttpRequest) -> HttpResponse:
    """List the items, or say how to stock the shelf when there is none yet."""
    is_stocked = Item._meta.db_table in connection.introspection.table_names()
    items = Item.objects.all() if is_stocked else []
    context = {"title": TITLE, "is_stocked": is_stocked, "items": items}
    return render(request, "shop/shelf.html", context)
