"""The addresses of the whole site."""

from django.urls import include, path

urlpatterns = [
    path("", include("shop.urls")),
]
