// Runs the tests against PostgreSQL, or says why it cannot.

#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/postgres_home.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const std::string& absence = navette::test::PostgresServer::instance().absence();
  if (!absence.empty()) {
    std::printf("absent: %s\n", absence.c_str());
    return 0;
  }
  return RUN_ALL_TESTS();
}
