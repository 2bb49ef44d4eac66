"""Folders, and what is put into them."""

from uuid import uuid4

import httpx

from app.conversations.folders import MAX_FOLDERS
from tests.app.serving import Served


async def test_make_rename_order_and_delete(client: httpx.AsyncClient) -> None:
    first = (await client.post("/api/folders", json={"name": " 여행 "})).json()
    second = (await client.post("/api/folders", json={"name": "Work"})).json()
    assert (first["name"], first["position"], second["position"]) == ("여행", 0, 1)
    changed = await client.patch(f"/api/folders/{second['id']}", json={"name": "일", "position": 0})
    assert changed.json() == {"id": second["id"], "name": "일", "position": 0}
    listed = (await client.get("/api/folders")).json()["items"]
    assert [folder["name"] for folder in listed] == ["여행", "일"]
    assert (await client.delete(f"/api/folders/{first['id']}")).status_code == 204
    assert (await client.delete(f"/api/folders/{first['id']}")).json()["error"]["code"] == "folder_not_found"
    assert (await client.patch(f"/api/folders/{first['id']}", json={"name": "x"})).status_code == 404
    for name in ("", " ", "x" * 101, "\0"):
        assert (await client.post("/api/folders", json={"name": name})).status_code == 422, name


async def test_a_conversation_moves_and_outlives_its_folder(client: httpx.AsyncClient) -> None:
    folder = (await client.post("/api/folders", json={"name": "Work"})).json()["id"]
    inside, outside = [(await client.post("/api/conversations", json={})).json()["id"] for _ in range(2)]
    moved = await client.patch(f"/api/conversations/{inside}", json={"folder_id": folder})
    assert moved.json()["folder_id"] == folder
    listed = (await client.get("/api/conversations", params={"folder_id": folder})).json()["items"]
    assert [row["id"] for row in listed] == [inside]
    assert (await client.patch(f"/api/conversations/{outside}", json={"folder_id": str(uuid4())})).status_code == 404
    await client.patch(f"/api/conversations/{inside}", json={"title": "stays"})
    assert (await client.get(f"/api/conversations/{inside}")).json()["folder_id"] == folder
    assert (await client.delete(f"/api/folders/{folder}")).status_code == 204
    assert (await client.get(f"/api/conversations/{inside}")).json()["folder_id"] is None


async def test_the_folder_of_another_is_not_found(served: Served, client: httpx.AsyncClient) -> None:
    folder = (await client.post("/api/folders", json={"name": "Work"})).json()["id"]
    async with served.client("lee@example.com") as other:
        theirs = (await other.post("/api/conversations", json={})).json()["id"]
        answer = await other.patch(f"/api/conversations/{theirs}", json={"folder_id": folder})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "folder_not_found")
        assert (await other.get("/api/folders")).json()["items"] == []
        assert (await other.get("/api/conversations", params={"folder_id": folder})).json()["items"] == []


async def test_there_is_an_end_to_folders(client: httpx.AsyncClient) -> None:
    for number in range(MAX_FOLDERS):
        await client.post("/api/folders", json={"name": str(number)})
    answer = await client.post("/api/folders", json={"name": "one more"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_folders")
