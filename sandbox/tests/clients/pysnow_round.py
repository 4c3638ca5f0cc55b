"""pysnow, by its documentation: create, read, query, update, attach, delete; basic authentication and a token."""

import os
import pathlib
import tempfile
import unittest

import pysnow

HOST = os.environ["SANDBOX_HOST"]
CLIENT_ID, CLIENT_SECRET = os.environ["SANDBOX_CLIENT"].split(":")


def basic():
    client = pysnow.Client(host=HOST, use_ssl=False, user="itil", password="itil")
    client.parameters.exclude_reference_link = True
    return client


class Pysnow(unittest.TestCase):
    def setUp(self):
        self.incidents = basic().resource(api_path="/table/incident")

    def create(self, **values):
        return self.incidents.create(payload={"short_description": "From pysnow", **values})

    def test_create_and_read(self):
        made = self.create(impact="2", urgency="2").one()
        self.assertEqual((made["state"], made["priority"], made["sys_mod_count"]), ("1", "3", "0"))
        read = self.incidents.get(query={"number": made["number"]}).one()
        self.assertEqual(read, made)

    def test_query_with_the_builder(self):
        first, second = (self.create(category=category).one() for category in ("network", "database"))
        query = (
            pysnow.QueryBuilder()
            .field("number").equals([first["number"], second["number"]])
            .AND().field("category").not_equals("network")
        )
        found = self.incidents.get(query=query, fields=["number", "category"]).all()
        self.assertEqual(list(found), [{"number": second["number"], "category": "database"}])

    def test_pages_of_a_stream(self):
        query = pysnow.QueryBuilder().field("number").order_ascending()
        listed = self.incidents.get(query=query, fields=["number"], limit=45, stream=True).all()
        numbers = [record["number"] for record in listed]
        self.assertEqual(len(numbers), 45)
        self.assertEqual(numbers, sorted(numbers))
        after = self.incidents.get(query=query, fields=["number"], limit=5, offset=40).all()
        self.assertEqual([record["number"] for record in after], numbers[40:])

    def test_update(self):
        made = self.create().one()
        changed = self.incidents.update(query={"sys_id": made["sys_id"]}, payload={"state": "2", "work_notes": "Seen."})
        self.assertEqual((changed["state"], changed["sys_mod_count"]), ("2", "1"))
        # What the instance refuses reaches the caller as an error.
        with self.assertRaisesRegex(Exception, "403 Client Error"):
            self.incidents.update(query={"sys_id": made["sys_id"]}, payload={"state": "6"}).one()

    def test_attach_and_delete_the_file(self):
        made = self.create().one()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "printer.txt"
            path.write_bytes(b"on fire\n")
            self.incidents.attachments.upload(sys_id=made["sys_id"], file_path=str(path))
        (kept,) = self.incidents.attachments.get(sys_id=made["sys_id"])
        self.assertEqual((kept["file_name"], kept["size_bytes"], kept["table_name"]), ("printer.txt", "8", "incident"))
        self.assertEqual(self.incidents.attachments.delete(kept["sys_id"])["status"], "record deleted")
        self.assertEqual(list(self.incidents.attachments.get(sys_id=made["sys_id"])), [])

    def test_delete(self):
        admin = pysnow.Client(host=HOST, use_ssl=False, user="admin", password="admin").resource(api_path="/table/incident")
        number = self.create().one()["number"]
        self.assertEqual(admin.delete(query={"number": number})["status"], "record deleted")
        self.assertIsNone(self.incidents.get(query={"number": number}).one_or_none())

    def test_nothing_found_and_wrong_password(self):
        with self.assertRaises(pysnow.exceptions.NoResults):
            self.incidents.get(query={"number": "INC-none"}).one()
        stranger = pysnow.Client(host=HOST, use_ssl=False, user="itil", password="wrong").resource(api_path="/table/incident")
        with self.assertRaisesRegex(Exception, "401 Client Error"):
            stranger.get(query={"number": "x"}).one()

    def test_token(self):
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        seen = []
        client = pysnow.OAuthClient(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, host=HOST, use_ssl=False,
                                    token_updater=seen.append)
        client.set_token(client.generate_token("itil", "itil"))
        user = client.resource(api_path="/table/sys_user").get(query={"user_name": "itil"}, fields=["name"]).one()
        self.assertEqual(user, {"name": "ITIL User"})
        # An old token is refreshed, and the refresh token stays.
        token = dict(client.token)
        client.set_token({**token, "expires_at": 1, "expires_in": -10})
        self.assertEqual(client.resource(api_path="/table/sys_user").get(query={"user_name": "itil"}, fields=["name"]).one(), user)
        self.assertEqual(seen[-1]["refresh_token"], token["refresh_token"])


if __name__ == "__main__":
    unittest.main()
