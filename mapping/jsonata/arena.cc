#include "mapping/jsonata/arena.h"

#include <algorithm>

namespace navette::jsonata {
namespace {
constexpr std::size_t kChunkBytesMin = 16 << 10;
constexpr std::size_t kChunkBytesMax = 4 << 20;
constexpr std::size_t kKeptBytesMax = 4 << 20;
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
  // Chunks that were needed together become one, so that the next use finds room in it.
  const std::size_t size = std::min(used_, kKeptBytesMax);
  if (chunks_.size() > 1) {
    chunks_.clear();
    chunks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
  } else if (chunks_.front().size > kKeptBytesMax) {
    chunks_.clear();
    next_ = end_ = nullptr;
    used_ = 0;
    return;
  }
  next_ = chunks_.front().bytes.get();
  end_ = next_ + chunks_.front().size;
  used_ = chunks_.front().size;
}

}  // namespace navette::jsonata
