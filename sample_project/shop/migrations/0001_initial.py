"""Put up the shelf and stock it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def stock_the_shelf(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    item = apps.get_model("shop", "Item")
    for name, price in [("Apples", "1.20"), ("Bread", "3.40"), ("Coffee", "6.80")]:
        item.objects.create(name=name, price=price)


class Migration(migrations.Migration):
    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Item",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("price", models.DecimalField(decimal_places=2, max_digits=6)),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.RunPython(stock_the_shelf, migrations.RunPython.noop),
    )
