"""aiosnow, by its documentation: create, read, query, stream, update, attach, delete."""

import os
import pathlib
import tempfile
import unittest

import aiosnow
from aiosnow.models import AttachmentModel
from aiosnow.models.table.declared import IncidentModel

HOST = os.environ["SANDBOX_HOST"]


class Aiosnow(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        client = aiosnow.Client(HOST, basic_auth=("admin", "admin"), use_ssl=False)
        self.incidents = await self.enterAsyncContext(IncidentModel(client, table_name="incident"))

    async def create(self, **values):
        response = await self.incidents.create({"short_description": "From aiosnow", **values})
        self.assertEqual(response.status, 201)
        return response.data

    async def test_create_and_read(self):
        made = await self.create(description="Smells")
        read = await self.incidents.get_one(IncidentModel.number == made["number"])
        self.assertEqual(read["short_description"], "From aiosnow")
        self.assertEqual(read["sys_created_on"], made["sys_created_on"])

    async def test_query_and_stream(self):
        made = await self.create(short_description="Needle in the hay")
        found = await self.incidents.get(IncidentModel.short_description.contains("needle in"), limit=5)
        self.assertIn(made["number"], [record["number"] for record in found])
        numbers = [
            record["number"]
            async for _, record in self.incidents.stream(
                IncidentModel.number.starts_with("INC00000"), limit=30, page_size=10
            )
        ]
        self.assertEqual(len(set(numbers)), 30)

    async def test_update(self):
        made = await self.create()
        changed = await self.incidents.update(made["sys_id"], {"description": "Still smells", "work_notes": "Seen"})
        self.assertEqual(changed["description"], "Still smells")

    async def test_attach_and_download(self):
        made = await self.create()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "printer.txt"
            path.write_bytes(b"on fire\n")
            kept = await self.incidents.upload_file(made["sys_id"], str(path))
            self.assertEqual(kept.status, 201)
            path.unlink()
            await self.incidents.download_file(AttachmentModel.sys_id == kept["sys_id"], folder)
            self.assertEqual(path.read_bytes(), b"on fire\n")

    async def test_delete(self):
        made = await self.create()
        response = await self.incidents.delete(made["sys_id"])
        self.assertEqual(response.status, 204)
        with self.assertRaises(aiosnow.exceptions.NoItems):
            await self.incidents.get_one(IncidentModel.number == made["number"])


if __name__ == "__main__":
    unittest.main()
