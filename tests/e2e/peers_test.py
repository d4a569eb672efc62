"""The comparison that judges all runs on real systems: it finds what differs, and only that."""
import unittest

import peers
from peers import Comment, File


def rt(**changed):
    return {"subject": "Panne", "status": "open", "severity": "Major", "owner": "camille",
            "mark": "RM-7", **changed}


def redmine(**changed):
    return {"subject": "Panne", "status": "In Progress", "severity": "High",
            "owner": "Alice Developer", "mark": "RT-3", **changed}


class Fields(unittest.TestCase):
    def test_twins_are_equal(self):
        self.assertEqual([], peers.field_differences(rt(), redmine()))

    def test_each_field_is_looked_at(self):
        for field, value in (("subject", "Autre"), ("status", "New"), ("severity", "Low"),
                             ("owner", "Bob Developer"), ("owner", "")):
            self.assertEqual([field], peers.field_differences(rt(), redmine(**{field: value})))

    def test_one_value_may_stand_for_two(self):
        for status in ("Resolved", "Closed"):
            self.assertEqual([], peers.field_differences(rt(status="resolved"),
                                                         redmine(status=status)))

    def test_an_empty_severity_is_normal(self):
        self.assertEqual([], peers.field_differences(rt(severity=""), redmine(severity="Normal")))

    def test_a_subject_is_cut_where_a_side_ends(self):
        self.assertTrue(peers.same_subject("é" * 100, "é" * 255))
        self.assertTrue(peers.same_subject("é" * 98 + "…", "é" * 255))
        self.assertFalse(peers.same_subject("é" * 99, "é" * 255))
        self.assertFalse(peers.same_subject("é…", "é" * 255))


class Messages(unittest.TestCase):
    def test_a_copy_with_its_author_is_the_same_comment(self):
        mine = ("texte", [Comment(1, "camille", True, "merci\nbien")], [])
        copy = ("texte", [Comment(9, "Navette Sync", True, "camille:\r\nmerci\r\nbien")], [])
        self.assertEqual([], peers.message_differences(mine, copy))

    def test_a_leak_a_loss_and_a_double_are_found(self):
        internal = Comment(1, "camille", False, "entre nous")
        for there in ([Comment(9, "Navette Sync", True, "entre nous")], [],
                      [internal, Comment(10, "Navette Sync", False, "entre nous")]):
            self.assertTrue(peers.message_differences(("", [internal], []), ("", there, [])))

    def test_a_file_is_told_by_its_content(self):
        here, there = File(1, "camille", "a b.txt", 3, "x"), File(2, "Navette Sync", "a_b.txt", 3,
                                                                  "x")
        self.assertEqual([], peers.message_differences(("", [], [here]), ("", [], [there])))
        other = there._replace(sha256="y")
        self.assertEqual(2, len(peers.message_differences(("", [], [here]), ("", [], [other]))))

    def test_markup_is_not_content(self):
        self.assertEqual(peers.essence("*gras* et 🔑"),
                         peers.essence(peers.plain("<p><b>gras</b> et 🔑</p>")))
        self.assertNotEqual(peers.essence("gras et 🔑"), peers.essence("gras et 🔒"))


class Pairs(unittest.TestCase):
    def test_either_mark_is_enough_and_strangers_are_named(self):
        found = peers.pair_up({3: rt(mark=""), 4: rt(mark="RM-8"), 5: rt(mark="")},
                              {7: redmine(), 8: redmine(mark=""), 9: redmine(mark="")})
        self.assertEqual(([(3, 7), (4, 8)], [5], [9], []), tuple(found))

    def test_two_twins_are_a_double(self):
        found = peers.pair_up({3: rt(mark="")}, {7: redmine(), 8: redmine()})
        self.assertEqual(1, len(found.doubled))
        self.assertEqual([], found.pairs)


if __name__ == "__main__":
    unittest.main()
