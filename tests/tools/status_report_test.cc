#include "tools/status_report.h"

#include <gmock/gmock.h>

#include "sync/write_limits.h"
#include "tools/view_store.h"

namespace navette::tools {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = 1'795'000'000'000;

std::unique_ptr<Store> store_with_two_changes() {
  auto opened = open_store("sqlite::memory:");
  std::unique_ptr<Store> store = std::move(*opened);
  ChangeRow change;
  change.flow = "acme";
  change.entity_id = "12";
  change.received_at = kNow - 60'000;
  EXPECT_TRUE(store->commit(Batch{AddChange{change}}));
  change.entity_id = "13";
  EXPECT_TRUE(store->commit(Batch{AddChange{change}}));
  const auto pending = store->changes({.disposition = Disposition::kPending});
  DeferChanges later;
  later.seqs = {pending->front().seq};
  later.reason = "tracker: connection refused";
  later.next_at = kNow;
  later.at = kNow - 30'000;
  EndChanges ended;
  ended.seqs = {pending->back().seq};
  ended.disposition = Disposition::kUnchanged;
  ended.at = kNow;
  EXPECT_TRUE(store->commit(Batch{later, ended}));
  return store;
}

TEST(StatusReport, SaysWhichFlowWaitsForAPerson) {
  const auto store = store_with_two_changes();
  WriteLimits limits(*store);
  FlowConfig flow;
  flow.name = "acme";
  flow.limits.clears = 0;
  limits.configure({flow});
  Batch batch;
  EXPECT_EQ(limits.take("acme", {0, 1}, "acme/client:12", kNow, batch),
            WriteLimits::Answer::kHolds);
  ASSERT_TRUE(store->commit(batch));
  auto report = status_report(*store, TimePoint(std::chrono::milliseconds(kNow)));
  ASSERT_TRUE(report);
  EXPECT_THAT(status_text(*report), HasSubstr("acme writes nothing: held since"));
  ASSERT_TRUE(resume_flow(*store, "acme", kNow + 1, 0));
  report = status_report(*store, TimePoint(std::chrono::milliseconds(kNow)));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->at("flows").items()[0].at("held").text(), "");
}

TEST(StatusReport, BalancesAndSaysWhatWaits) {
  const auto store = store_with_two_changes();
  const auto report = status_report(*store, TimePoint(std::chrono::milliseconds(kNow)));
  ASSERT_TRUE(report);
  ASSERT_EQ(report->at("flows").size(), 1U);
  const Json& flow = report->at("flows").items()[0];
  EXPECT_EQ(flow.at("accepted").as_int(), 2);
  EXPECT_EQ(flow.at("pending").as_int(), 1);
  EXPECT_EQ(flow.at("unchanged").as_int(), 1);
  EXPECT_EQ(flow.at("difference").as_int(-1), 0);
  EXPECT_TRUE(balances(*report));
  EXPECT_THAT(status_text(*report),
              HasSubstr("\nWaiting\n  acme: 1 change for 30 s: tracker: connection refused\n"));
}

TEST(StatusReport, AStoreThatCantBeWrittenIsSaid) {
  const auto store = store_with_two_changes();
  auto report = status_report(*store, TimePoint(std::chrono::milliseconds(kNow)));
  ASSERT_TRUE(report);
  report->set("store_trouble", "/data: its file system is full");
  EXPECT_THAT(status_text(*report),
              HasSubstr("\nThe store can't be written: /data: its file system is full\n"));
}

TEST(StatusReport, ADifferenceIsSeen) {
  const auto store = store_with_two_changes();
  auto report = status_report(*store, TimePoint(std::chrono::milliseconds(kNow)));
  ASSERT_TRUE(report);
  report->find("flows")->items()[0].set("difference", 1);
  EXPECT_FALSE(balances(*report));
  EXPECT_THAT(status_text(*report), HasSubstr("report it as a defect"));
}

TEST(StatusReport, KeepsOneFlow) {
  const auto store = store_with_two_changes();
  auto report = status_report(*store, TimePoint(std::chrono::milliseconds(kNow)));
  ASSERT_TRUE(report);
  EXPECT_TRUE(keep_flow(*report, "acme"));
  EXPECT_EQ(report->at("waiting").size(), 1U);
  EXPECT_FALSE(keep_flow(*report, "bolt"));
  EXPECT_EQ(status_text(*report), "Nothing came in yet.\n");
}

TEST(ViewStoreTest, ReadsWhatIsThereAndKeepsNoWrite) {
  ViewStore view(store_with_two_changes());
  ChangeRow change;
  change.flow = "acme";
  change.entity_id = "14";
  EXPECT_TRUE(static_cast<Store&>(view).commit(Batch{AddChange{change}}));
  const auto changes = view.changes({.flow = "acme"});
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->size(), 2U);
  ViewStore nothing(nullptr);
  EXPECT_EQ(nothing.counts()->size(), 0U);
  EXPECT_FALSE(nothing.link_of("acme", Side::kClient, "12")->has_value());
  const std::int64_t first = nothing.new_id();
  EXPECT_GT(nothing.new_id(), first);
}

}  // namespace
}  // namespace navette::tools
