// The mapping of flow.yaml written by hand against simdjson's On-Demand interface: what a good
// programmer would write for this one mapping. What ours is measured against.

#pragma once

#include <string>

#include <simdjson.h>

namespace navette::bench {

// Straightforward: fields by name in any order, texts unescaped and escaped again.
class ByHand {
 public:
  // Appends the document. Throws simdjson_error. REQUIRES: `line` is padded.
  void map(simdjson::padded_string_view line, std::string* out);

 private:
  simdjson::ondemand::parser parser_;
};

// Tuned: members strictly in the order in which our generator writes them, texts and numbers copied
// as they are spelt, nothing checked. It cannot read the same tickets in another order.
class ByHandTuned {
 public:
  void map(simdjson::padded_string_view line, std::string* out);

 private:
  simdjson::ondemand::parser parser_;
};

}  // namespace navette::bench
