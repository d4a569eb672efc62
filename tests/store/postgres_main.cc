// Runs the tests against PostgreSQL, or says why it cannot.

#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/postgres_home.h"

// libpqxx 6.4 loses the last result of a connection that breaks: it asks for the encoding, which
// throws, before anything owns the result. So results of libpq are not looked for here; all else
// is.
extern "C" const char* __lsan_default_suppressions();   // NOLINT: the checker's name
extern "C" const char* __lsan_default_suppressions() {  // NOLINT
  return "leak:PQmakeEmptyPGresult";
}

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const std::string& absence = navette::test::PostgresServer::instance().absence();
  if (!absence.empty()) {
    std::printf("absent: %s\n", absence.c_str());
    return 0;
  }
  return RUN_ALL_TESTS();
}
