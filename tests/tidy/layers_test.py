"""Each rule of layers.py finds what it is for, and leaves right code alone."""
import pathlib
import tempfile
import unittest

import layers


def found(**tree):
    """The violations in a tree of files; `__` in a name stands for `/`, a last `_` for `.`."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in tree.items():
            head, _, suffix = name.replace("__", "/").rpartition("_")
            path = root / f"{head}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return layers.check(root.resolve())


class Layers(unittest.TestCase):
    def assert_one(self, part, **tree):
        wrong = found(**tree)
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn(part, wrong[0])

    def test_an_include_downwards_is_fine(self):
        self.assertEqual([], found(sync__a_cc='#include "sync/a.h"\n#include "store/b.h"\n'
                                              '#include "navette/json.h"\n#include <vector>\n'))

    def test_an_include_upwards_is_found(self):
        self.assert_one("store may not include sync/a.h", store__a_cc='#include "sync/a.h"\n')
        self.assert_one("base may not include config/a.h", base__a_h='#include "config/a.h"\n')
        self.assert_one("connectors/host may not include connectors/declarative/a.h",
                        connectors__host__a_cc='#include "connectors/declarative/a.h"\n')

    def test_a_connector_in_code_sees_only_the_public_headers(self):
        self.assert_one("connectors/mine may not include base/a.h",
                        connectors__mine__a_cc='#include "navette/host.h"\n#include "base/a.h"\n')

    def test_an_include_without_a_folder_is_found(self):
        self.assert_one("name the folder", base__a_cc='#include "b.h"\n')

    def test_a_library_stays_in_its_folder(self):
        self.assert_one("sync may not include <sqlite3.h>", sync__a_cc="#include <sqlite3.h>\n")
        self.assert_one("third-party", include__navette__a_h="#include <simdjson.h>\n")
        self.assertEqual([], found(store__a_cc="#include <sqlite3.h>\n"))

    def test_lengths(self):
        self.assert_one("101 columns", base__a_cc="x" * 101 + "\n")
        self.assert_one("801 lines", base__a_cc="\n" * 801)
        body = "  a();\n" * 69
        self.assert_one("a function of 71 lines", base__a_cc="int f() {\n" + body + "}\n")
        self.assert_one("a function of 71 lines",
                        base__a_h="class A {\n  int f() {\n" + "    a();\n" * 69 + "  }\n};\n")
        self.assertEqual([], found(base__a_cc="int f() {\n" + "  a();\n" * 68 + "}\n"))
        self.assertEqual([], found(base__a_cc="namespace a {\n" + "int f();\n" * 99
                                   + "}  // namespace a\n"))

    def test_words_and_calls(self):
        self.assert_one("finish it", docs__a_md="TO" + "DO: more\n")
        self.assert_one("a path of one machine", docs__a_md="see /work" + "/x\n")
        self.assert_one("wait for the condition", bus__a_cc="std::this_thread::sleep_for(1s);\n")
        self.assert_one("no shell", tools__a_cc='  std::system("ls");\n')
        self.assert_one("sync takes time from a Clock", sync__a_cc="system_clock::now();\n")
        self.assert_one("SQL stays in store/", sync__a_cc='run("SELECT 1");\n')
        self.assert_one("SQL stays in store/", backoffice__a_cc='run("SELECT 1");\n')
        self.assert_one("backoffice may not include", backoffice__a_cc='#include "store/store.h"\n')
        self.assertEqual([], found(backoffice__office__a_cc='#include "store/store.h"\n'
                                                            'run("SELECT 1");\n'))
        self.assertEqual([], found(bus__a_cc="// never sleep_for() here\n"))


if __name__ == "__main__":
    unittest.main()
