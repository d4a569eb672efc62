#include "tools/ticket.h"

#include <gmock/gmock.h>

namespace navette::tools {
namespace {

using testing::HasSubstr;

std::vector<FlowConfig> two_flows() {
  std::vector<FlowConfig> flows(2);
  flows[0].name = "acme";
  flows[0].client.system = "acme-helpdesk";
  flows[0].provider.system = "tracker";
  flows[1].name = "bolt";
  flows[1].client.system = "bolt-helpdesk";
  flows[1].provider.system = "tracker";
  return flows;
}

std::vector<FlowTicket> found(const std::string& text, const std::string& flow = {}) {
  const auto name = parse_ticket(text);
  const auto tickets = tickets_of(*name, flow, two_flows());
  return tickets ? *tickets : std::vector<FlowTicket>{};
}

TEST(Ticket, ASideNamesTheTicketOfEveryFlow) {
  const auto tickets = found("client:12");
  ASSERT_EQ(tickets.size(), 2U);
  EXPECT_EQ(tickets[0].flow, "acme");
  EXPECT_EQ(tickets[0].side, Side::kClient);
  EXPECT_EQ(tickets[0].id, "12");
  EXPECT_EQ(found("client:12", "bolt").size(), 1U);
}

TEST(Ticket, ASystemNamesItsSide) {
  ASSERT_EQ(found("bolt-helpdesk:a:b").size(), 1U);
  EXPECT_EQ(found("bolt-helpdesk:a:b")[0].id, "a:b");
  EXPECT_EQ(found("bolt-helpdesk:a:b")[0].side, Side::kClient);
  ASSERT_EQ(found("tracker:7").size(), 2U);
  EXPECT_EQ(found("tracker:7")[0].side, Side::kProvider);
}

TEST(Ticket, SaysWhatThereIs) {
  const auto system = tickets_of({"trakcer", "7"}, "", two_flows());
  ASSERT_FALSE(system);
  EXPECT_THAT(system.error().message, HasSubstr("did you mean 'tracker'?"));
  const auto flow = tickets_of({"client", "7"}, "acne", two_flows());
  ASSERT_FALSE(flow);
  EXPECT_THAT(flow.error().message, HasSubstr("there are acme, bolt; did you mean 'acme'?"));
}

TEST(Ticket, RefusesOtherForms) {
  for (const char* text : {"", "12", ":12", "client:"}) {
    EXPECT_FALSE(parse_ticket(text)) << text;
  }
}

}  // namespace
}  // namespace navette::tools
