"""PySNC, ServiceNow's own client: records, queries, joins, batches, attachments, tokens; over https."""

import os
import unittest

from pysnc import ServiceNowClient, exceptions
from pysnc.auth import ServiceNowPasswordGrantFlow

ADDRESS = os.environ["SANDBOX_ADDRESS"]
ADMIN = "6816f79cc0a8016401c5a33be04be441"


class Pysnc(unittest.TestCase):
    def setUp(self):
        self.client = ServiceNowClient(ADDRESS, ("admin", "admin"))
        self.addCleanup(self.client.session.close)

    def record(self, table, sys_id=None):
        record = self.client.GlideRecord(table)
        if sys_id is not None:
            self.assertTrue(record.get(sys_id), f"{table} {sys_id}")
        return record

    def create(self, text):
        record = self.record("problem")
        record.initialize()
        record.short_description = text
        self.assertIsNotNone(record.insert())
        return record

    def test_create_read_update_delete(self):
        made = self.create("From PySNC")
        self.assertNotEqual(made.get_value("opened_by"), made.get_display_value("opened_by"))
        made.short_description = "Changed"
        self.assertIsNotNone(made.update())
        self.assertEqual(self.record("problem", made.sys_id).short_description, "Changed")
        self.assertTrue(made.delete())
        self.assertFalse(self.record("problem").get(made.sys_id))

    def test_a_sys_id_of_the_clients_choice(self):
        record = self.record("problem")
        record.initialize()
        record.set_new_guid_value("AAAABBBBCCCCDDDDEEEEFFFF00002222")
        self.assertEqual(record.insert(), "AAAABBBBCCCCDDDDEEEEFFFF00002222")

    def test_dot_walks_and_display_values(self):
        admin = self.record("sys_user")
        admin.fields = "sys_id,email,department,department.name,department.dept_head,department.dept_head.email,sys_updated_on"
        self.assertTrue(admin.get(ADMIN))
        self.assertEqual(admin.department.name, "Finance")
        self.assertEqual(admin.department.dept_head.email, "natasha.ingram@example.com")
        # The account's time zone is not UTC, as on a new developer instance.
        self.assertNotEqual(admin.get_value("sys_updated_on"), admin.get_display_value("sys_updated_on"))

    def test_pages(self):
        records = self.client.GlideRecord("sys_dictionary", batch_size=100)
        records.fields = "sys_id"
        records.limit = 500
        records.query()
        self.assertGreater(len(records), 500)
        self.assertEqual(len({record.sys_id for record in records}), 500)

    def test_joins_and_related_lists(self):
        managers = self.record("sys_user")
        managers.add_join_query("sys_user_group", join_table_field="manager").add_query("active", "true")
        managers.query()
        self.assertGreater(managers.get_row_count(), 1)
        groups = self.record("sys_user_group")
        groups.add_rl_query("sys_group_has_role", "group", ">0", True).add_query("role.name", "LIKE", "itil")
        groups.query()
        self.assertGreater(groups.get_row_count(), 0)
        self.assertLess(groups.get_row_count(), self.count("sys_user_group"))

    def count(self, table):
        records = self.record(table)
        records.query()
        return records.get_row_count()

    def test_a_query_too_long_for_an_address_goes_as_a_batch(self):
        users = self.record("sys_user")
        for _ in range(2300):
            users.add_query("AAAA", "BBBB")
        users.add_query("sys_id", ADMIN)
        users.query()
        self.assertEqual([user.user_name for user in users], ["admin"])

    def test_many_updates_in_a_batch_of_which_some_are_aborted(self):
        rule = self.record("sys_script")
        rule.initialize()
        for name, value in {
            "name": "No EICAR", "collection": "problem", "active": True, "when": "before", "order": 100,
            "action_insert": True, "action_update": True, "abort_action": True, "add_message": True,
            "message": "refused", "filter_condition": "short_descriptionLIKEEICAR^ORdescriptionLIKEEICAR^EQ",
        }.items():
            rule.set_value(name, value)
        self.assertIsNotNone(rule.insert())
        for number in range(6):
            self.create(f"Batch {number}")
        batch = self.record("problem")
        batch.add_query("short_description", "LIKE", "Batch ")
        batch.query()
        self.assertEqual(len(batch), 6)
        for number, problem in enumerate(batch):
            problem.short_description = problem.short_description + (" fine" if number < 3 else " EICAR")
        self.assertFalse(batch.update_multiple())
        for text, expected in (("fine", 3), ("EICAR", 0)):
            found = self.record("problem")
            found.add_query("short_description", "LIKE", text)
            found.query()
            self.assertEqual(len(found), expected, text)
        self.assertTrue(rule.delete())
        self.assertTrue(batch.delete_multiple())

    def test_attachments(self):
        problem = self.create("With files")
        self.assertEqual(len(problem.get_attachments()), 0)
        problem.add_attachment("test.txt", "one\ntwo\n")
        problem.add_attachment("test.bin", b"\x00\x01\x02")
        # The client walks through them with one object.
        contents = {str(file.file_name): file.read() for file in problem.get_attachments()}
        self.assertEqual(contents, {"test.txt": b"one\ntwo\n", "test.bin": b"\x00\x01\x02"})

    def test_tokens(self):
        client_id, secret = os.environ["SANDBOX_CLIENT"].split(":")
        client = ServiceNowClient(ADDRESS, ServiceNowPasswordGrantFlow("admin", "admin", client_id, secret))
        self.assertTrue(client.GlideRecord("sys_user").get(ADMIN))

    def test_errors(self):
        with self.assertRaisesRegex(exceptions.AuthenticationException, "User Not Authenticated"):
            ServiceNowClient(ADDRESS, ("admin", "wrong")).GlideRecord("sys_user").get("x")
        with self.assertRaises(exceptions.RequestException):
            self.record("sys_user_list").get("x")
        with self.assertRaisesRegex(exceptions.RequestException, "^<.*html>.*"):
            self.record("A" * 23000).get("x")


if __name__ == "__main__":
    unittest.main()
