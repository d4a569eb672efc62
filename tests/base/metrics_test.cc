#include "base/metrics.h"

#include <limits>
#include <thread>

#include <gmock/gmock.h>

namespace navette {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, CountsEventsByFlowAndSystem) {
  Metrics metrics;
  const Event event{Level::kInfo, "change_delivered", "D.", {{"flow", "acme"}, {"key", "12"}}};
  metrics.emit(event);
  metrics.emit(event);
  metrics.emit({Level::kWarn, "system_down", "S.", {{"system", "tracker"}}});
  EXPECT_EQ(metrics.exposition(),
            "# HELP navette_events_total What happened, by event; the names are those of the log.\n"
            "# TYPE navette_events_total counter\n"
            "navette_events_total{event=\"change_delivered\",level=\"info\",flow=\"acme\"} 2\n"
            "navette_events_total{event=\"system_down\",level=\"warn\",system=\"tracker\"} 1\n");
}

TEST(Metrics, ReadsGaugesWhenAsked) {
  Metrics metrics;
  double value = 1;
  metrics.add("navette_links", "Pairs of tickets.", MetricKind::kGauge, [&] {
    return std::vector<Sample>{{{{"flow", "a"}}, value}};
  });
  metrics.add("navette_up", "Always 1.", MetricKind::kGauge, [] {
    return std::vector<Sample>{{{}, 1}};
  });
  value = 2.5;
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("# TYPE navette_links gauge\nnavette_links{flow=\"a\"} 2.5\n"));
  EXPECT_THAT(text, HasSubstr("\nnavette_up 1\n"));
}

TEST(Metrics, EscapesWhatWouldBreakTheFormat) {
  Metrics metrics;
  metrics.add("navette_x", "Back\\slash\nand line.", MetricKind::kGauge, [] {
    return std::vector<Sample>{
        {{{"a", "q\"b\\c\nd\xff"}}, std::numeric_limits<double>::infinity()}};
  });
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("# HELP navette_x Back\\\\slash\\nand line.\n"));
  EXPECT_THAT(text, HasSubstr("navette_x{a=\"q\\\"b\\\\c\\nd\xef\xbf\xbd\"} +Inf\n"));
}

TEST(Metrics, ManyNamesFromOutsideDoNotFillTheMemory) {
  Metrics metrics;
  for (std::size_t i = 0; i < kCounterSeriesMax + 100; ++i) {
    metrics.emit({Level::kInfo, "x", "X.", {{"system", "s" + std::to_string(i)}}});
  }
  const std::string text = metrics.exposition();
  EXPECT_THAT(text, HasSubstr("{event=\"x\",level=\"info\",system=\"other\"} 100\n"));
  EXPECT_THAT(text, Not(HasSubstr("\"s" + std::to_string(kCounterSeriesMax) + "\"")));
}

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&metrics] {
        for (int n = 0; n < 1000; ++n) metrics.emit({Level::kInfo, "n", "N."});
      });
    }
  }
  EXPECT_THAT(metrics.exposition(), HasSubstr("{event=\"n\",level=\"info\"} 4000\n"));
}

}  // namespace
}  // namespace navette
