#include "mapping/jsonata/arena.h"

#include <algorithm>

namespace navette::jsonata {
namespace {
constexpr std::size_t kChunkBytesMin = 16 << 10;
constexpr std::size_t kChunkBytesMax = 4 << 20;
}  // namespace

void Arena::grow(std::size_t bytes) {
  const std::size_t doubled = std::clamp(used_, kChunkBytesMin, kChunkBytesMax);
  const std::size_t size = std::max(bytes, doubled);
  chunks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  next_ = chunks_.back().bytes.get();
  end_ = next_ + size;
  used_ += size;
}

void Arena::reset(std::size_t limit) {
  limit_ = limit;
  if (chunks_.empty()) return;
  auto largest = std::max_element(chunks_.begin(), chunks_.end(),
                                  [](const Chunk& a, const Chunk& b) { return a.size < b.size; });
  Chunk kept = std::move(*largest);
  chunks_.clear();
  next_ = kept.bytes.get();
  end_ = next_ + kept.size;
  used_ = kept.size;
  chunks_.push_back(std::move(kept));
}

}  // namespace navette::jsonata
