#include "base/log.h"

#include <array>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "navette/json.h"

namespace navette {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;
using testing::Not;

class StillClock final : public Clock {
 public:
  TimePoint now() const override { return *parse_rfc3339("2026-11-24T12:03:04.123Z"); }
  std::chrono::milliseconds steady() const override { return {}; }
};

// What a Log wrote, once it is gone.
class LogTest : public testing::Test {
 protected:
  LogTest() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~LogTest() override { ::close(ends_[0]); }

  std::string written() {
    ::close(ends_[1]);
    std::string out;
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto count = ::read(ends_[0], buffer.data(), buffer.size());
      if (count <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

  std::string read_until(std::string_view mark) {
    std::string out;
    std::array<char, 4096> buffer{};
    while (out.find(mark) == std::string::npos) {
      const auto count = ::read(ends_[0], buffer.data(), buffer.size());
      if (count <= 0) break;
      out.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return out;
  }

  StillClock clock_;
  std::array<int, 2> ends_{};
};

const TimePoint kAt = *parse_rfc3339("2026-11-24T12:03:04.123Z");

TEST(LogLine, PeopleGetTimeLevelSentenceAndFields) {
  const Event event{Level::kWarn,
                    "system_down",
                    "A system is down.",
                    {{"system", "tracker"}, {"cause", "no way"}}};
  EXPECT_EQ(line_for_people(event, kAt, false),
            "12:03:04.123 WARN  A system is down. system=tracker cause=\"no way\"");
  EXPECT_THAT(line_for_people(event, kAt, true), HasSubstr("\x1b[33mWARN \x1b[0m"));
}

TEST(LogLine, MachinesGetOneJsonObject) {
  const Event event{Level::kError, "change_dead", "A change is dead.", {{"flow", "acme"}}};
  EXPECT_EQ(line_as_json(event, kAt),
            R"({"time":"2026-11-24T12:03:04.123Z","level":"error","event":"change_dead",)"
            R"("message":"A change is dead.","flow":"acme"})");
}

TEST(LogLine, AFieldNeverReplacesAnother) {
  const Event event{Level::kInfo, "x", "X.", {{"time", "mine"}, {"flow", "a"}, {"flow", "b"}}};
  const auto line = Json::parse(line_as_json(event, kAt));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->at("time").as_string(), "2026-11-24T12:03:04.123Z");
  EXPECT_EQ(line->at("time_").as_string(), "mine");
  EXPECT_EQ(line->at("flow_").as_string(), "b");
}

// Goal: whatever stands in a ticket, it can't forge a log line nor steer the terminal.
TEST(LogLine, AHostileValueStaysWithinItsField) {
  const std::string hostile =
      "a\n12:00:00 ERROR forged system=x\r\x1b[2J\x07\x00\x7f\xc2\x9b"
      "31m\xe2\x80\xae"
      "cod\xff\xfe\" b=c"s;
  const Event event{Level::kInfo, "x", "X.", {{"subject", hostile}}};
  const std::string people = line_for_people(event, kAt, false);
  const std::string json = line_as_json(event, kAt);
  for (const std::string& line : {people, json}) {
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    EXPECT_THAT(line, Not(HasSubstr("\x7f")));
    EXPECT_THAT(line, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(line, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(line, HasSubstr("\\u{202e}"));
  }
  EXPECT_THAT(people, HasSubstr("subject=\"a\\n12:00:00 ERROR forged system=x\\r\\u{1b}[2J"));
  EXPECT_THAT(people, HasSubstr("\\\" b=c\""));
  EXPECT_TRUE(Json::parse(json));
}

TEST(LogLine, ALongValueIsCutAtACharacterAndSaysSo) {
  std::string value(kLogValueBytesMax - 1, 'x');
  value += "\xc3\xa9\xc3\xa9";
  const std::string line = line_for_people({Level::kInfo, "x", "X.", {{"v", value}}}, kAt, false);
  EXPECT_THAT(line, testing::EndsWith("xxx... (4099 bytes)\""));
}

TEST_F(LogTest, WritesJsonLinesWhereThereIsNoTerminal) {
  {
    Log log(clock_, {.fd = ends_[1]});
    log.emit({Level::kInfo, "started", "Navette started.", {{"listen", "127.0.0.1:8700"}}});
  }
  EXPECT_EQ(written(), R"({"time":"2026-11-24T12:03:04.123Z","level":"info","event":"started",)"
                       R"("message":"Navette started.","listen":"127.0.0.1:8700"})"
                       "\n");
}

TEST_F(LogTest, WhatWasFlushedIsWritten) {
  Log log(clock_, {.fd = ends_[1]});
  log.emit({Level::kInfo, "last", "Last."});
  log.flush(std::chrono::seconds(20));
  EXPECT_THAT(read_until("last"), HasSubstr("Last."));
}

TEST(Printable, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(printable("Imprimante en panne \xf0\x9f\x98\x80"),
            "Imprimante en panne \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("a\x1b[31m\n"), "a\\u{1b}[31m\\n");
}

TEST_F(LogTest, KeepsBackWhatIsBelowItsLevel) {
  {
    Log log(clock_, {.fd = ends_[1], .format = LogFormat::kPeople});
    log.emit({Level::kDebug, "a", "Hidden."});
    log.set_level(Level::kDebug);
    log.emit({Level::kDebug, "b", "Shown."});
    log.set_level(Level::kError);
    log.emit({Level::kWarn, "c", "Hidden too."});
  }
  EXPECT_EQ(written(), "12:03:04.123 DEBUG Shown.\n");
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kLines = 100;
  {
    Log log(clock_, {.fd = ends_[1]});
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&log] {
        for (int n = 0; n < kLines; ++n) log.emit({Level::kInfo, "n", "N.", {{"n", "x"}}});
      });
    }
  }
  const std::string out = written();
  const std::string line =
      R"({"time":"2026-11-24T12:03:04.123Z","level":"info","event":"n","message":"N.","n":"x"})"
      "\n";
  EXPECT_EQ(out.size(), line.size() * kThreads * kLines);
  for (std::size_t at = 0; at < out.size(); at += line.size()) {
    ASSERT_EQ(out.substr(at, line.size()), line);
  }
}

// Goal: a reader that stands still holds up nobody. Method: fill the pipe; nobody reads.
TEST_F(LogTest, AStuckReaderBlocksNoEmitter) {
  const int room = ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
  ASSERT_GT(room, 0);
  std::string out;
  std::jthread reader;
  {
    Log log(clock_, {.fd = ends_[1]});
    for (std::size_t i = 0; i < kLogLinesWaitingMax + 1000; ++i) {
      log.emit({Level::kInfo, "n", "N.", {{"n", std::string(100, 'x')}}});
    }
    EXPECT_GT(log.dropped(), 0U);
    log.emit({Level::kInfo, "last", "Last."});
    reader = std::jthread([&] { out = read_until("\"last\""); });
  }
  reader.join();
  EXPECT_THAT(out, HasSubstr("Log lines were dropped"));
}

TEST(FanOutTest, EverySinkGetsEveryEvent) {
  struct Counting final : EventSink {
    int count = 0;
    void emit(const Event&) noexcept override { ++count; }
  };
  Counting a;
  Counting b;
  FanOut both({&a, &b});
  both.emit({Level::kInfo, "x", "X."});
  both.emit({Level::kInfo, "x", "X."});
  EXPECT_EQ(a.count, 2);
  EXPECT_EQ(b.count, 2);
}

}  // namespace
}  // namespace navette
