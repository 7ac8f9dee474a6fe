# SPDX-License-Identifier: Apache-2.0
"""Regions: found by name and pinyin, told with what holds them and who took them over."""
from urllib.parse import quote


def names(public, query):
    return [item["name"]["zh"] for item in public.read("/v1/regions?" + query)["items"]]


def test_regions_are_found_by_part_of_the_chinese_name_and_of_the_pinyin(district):
    public = district.public
    assert names(public, "name=" + quote("两江")) == ["两江新区"]
    assert "北碚区" in names(public, "name=" + quote("碚"))
    assert names(public, "name=beibei")[0] == names(public, "name=Bei%20Bei")[0] == "北碚区"
    assert names(public, "name=zzz") == []


def test_names_that_begin_with_the_text_come_first(district):
    items = district.public.read("/v1/regions?name=jiang&limit=200")["items"]
    begins = [item["name"]["en"].lower().startswith("jiang") for item in items]
    assert True in begins and False in begins and begins == sorted(begins, reverse=True)


def test_regions_are_listed_in_pages(district):
    seen, cursor = [], ""
    while cursor is not None:
        page = district.public.read(f"/v1/regions?parent=500109&limit=7{cursor and '&cursor=' + cursor}")
        seen += [item["code"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sorted(seen) and len(seen) == len(set(seen)) and "500112133" in seen and "500109006" not in seen
    for cursor in ("!", "MCBhAGI", "MCDDqQ"):  # of the last two the key has U+0000, a letter beyond ASCII
        assert district.public.get(f"/v1/regions?cursor={cursor}").problem() == "cursor"
    assert district.public.get("/v1/regions?level=street").problem() == "field-range"


def test_rows_that_no_government_answers_to_are_never_shown(district):
    below = district.public.read("/v1/regions?parent=500000&limit=1000")["items"]
    assert {"500109", "500X01", "500230"} <= {item["code"] for item in below}
    assert not {"500100", "500200"} & {item["code"] for item in below}
    assert district.public.get("/v1/regions/500100").problem() == "not-found"
    assert [item["code"] for item in district.public.read("/v1/regions/500109110")["parents"]] == ["500109", "500000"]


def test_an_abolished_region_names_its_successors(district):
    old = district.public.read("/v1/regions/500112")
    assert old["validTo"] == "2025-11-06"
    assert [item["code"] for item in old["successors"]] == ["500109", "500X01"]
    new = district.public.read("/v1/regions/500X01")
    assert new["validFrom"] == "2025-11-06" and new["validTo"] is None and new["successors"] == []


def test_a_moved_township_lies_in_its_new_district(district):
    moved = district.public.read("/v1/regions/500112016")
    assert [item["code"] for item in moved["parents"]] == ["500X01", "500000"]
    assert district.public.get("/v1/regions/500112999").problem() == "not-found"


def test_the_closure_says_who_sees_whom_today(district):
    def seen_by(code):
        return {row[0] for row in district.service.rows("SELECT ancestor FROM region_closure WHERE descendant = %s", code)}

    assert seen_by("500112016") == {"500112016", "500X01", "500100", "500000"}
    assert seen_by("500112") == {"500112", "500X01", "500109", "500100", "500000"}
    assert seen_by("500112133") == {"500112133", "500109", "500100", "500000"}
    assert seen_by("500105") == {"500105", "500X01", "500100", "500000"}
    assert seen_by("510107") == {"510107", "510100", "510000"}
    assert district.service.value("SELECT count(*) FROM region r WHERE NOT EXISTS"
                                  " (SELECT FROM region_closure c WHERE c.ancestor = r.code AND c.descendant = r.code)") == 0
