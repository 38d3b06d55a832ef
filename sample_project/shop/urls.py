"""The addresses of the shop."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.shelf, name="shelf"),
]
