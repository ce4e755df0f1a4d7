"""Until there is a search: names that contain what is asked for."""

from django.db.models import Q

from catalog.models import Produce


def found(query: str, limit: int = 500) -> list[int]:
    names = Q(name_zh__icontains=query) | Q(name_en__icontains=query)
    return list(Produce.objects.filter(names).values_list("pk", flat=True)[:limit])
