// A flow's file of any bytes: it loads, or its mistakes are named; what loads and compiles carries
// a small document over, both ways.

#include <string>

#include "mapping/mapper.h"
#include "mapping/mapping.h"
#include "tests/fuzz/flow_folder.h"
#include "tests/fuzz/fuzz_target.h"

namespace navette::fuzz {
namespace {

const Json& document() {
  static const Json kDocument = *Json::parse(
      R"({"id":7,"a":{"b":"x","c":[1,"2",null,{"d":true}]},"s":"open","t":"In Progress","n":90,)"
      R"("d":"2026-03-29T02:30:00","e":1782900000,"text":"<p>a <b>b</b></p>\nh2. c","o":"camille",)"
      R"("list":["x","y"],"cf":[{"id":36,"name":"N","value":"v"}],"notes":[{"b":"1"},{"b":""}]})");
  return kDocument;
}

void carry(const FlowConfig& flow, Side from) {
  const auto mapper = Mapper::compile(flow, from);
  if (!mapper) {
    expect(!mapper.error().message.empty(), "a mistake is named");
    return;
  }
  MapOptions options;
  options.trace = true;
  options.now = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'790'000'000'000));
  const Mapped mapped = mapper->map(document(), options);
  const auto again = Json::parse(mapped.document.dump());
  expect(again && again->dump() == mapped.document.dump(), "what is mapped is a document",
         mapped.document.dump());
  for (const FieldProblem& problem : mapped.problems) {
    expect(!problem.reason.empty(), "a refusal has a reason");
  }
  options.existing = &document();
  (void)mapper->map(mapped.document, options);
}

}  // namespace
}  // namespace navette::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = navette::fuzz;
  using navette::Side;
  static const fuzz::FlowFolder kFolder;
  const navette::LoadResult result = kFolder.load(fuzz::text_of(data, size));
  if (!result.ok()) {
    fuzz::expect(!render(result.diagnostics).empty(), "a mistake is named");
    return 0;
  }
  for (const navette::FlowConfig& flow : result.flows) {
    fuzz::carry(flow, Side::kClient);
    fuzz::carry(flow, Side::kProvider);
    (void)navette::Mapping::compile(flow);
  }
  return 0;
}
