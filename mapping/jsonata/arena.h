// Memory of one evaluation (or of one compiled expression): handed out by bumping a pointer, given
// back all at once. Nothing that lives here has a destructor.
//
// Threads: an arena belongs to one thread at a time.

#pragma once

#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace navette::jsonata {

class Arena {
 public:
  explicit Arena(std::size_t limit = std::numeric_limits<std::size_t>::max()) : limit_(limit) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t bytes) {
    bytes = (bytes + 15) & ~std::size_t{15};
    if (bytes > static_cast<std::size_t>(end_ - next_)) grow(bytes);
    char* result = next_;
    next_ += bytes;
    return result;
  }

  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T))) T{std::forward<Args>(args)...};
  }

  // Uninitialised room for `count` trivial objects.
  template <class T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    return static_cast<T*>(allocate(count * sizeof(T)));  // NOLINT(bugprone-sizeof-expression)
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* room = array<char>(text.size());
    std::memcpy(room, text.data(), text.size());
    return {room, text.size()};
  }

  // Whether `bytes` more would stay within the limit. An allocation itself never fails: whoever
  // makes something large asks first, and the evaluator asks at every step.
  bool has_room(std::size_t bytes) const { return bytes <= limit_ && used_ <= limit_ - bytes; }
  std::size_t used() const { return used_; }

  // Forget everything, keep room for the next use, 4 MB at most.
  void reset(std::size_t limit);

 private:
  void grow(std::size_t bytes);

  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t used_ = 0;  // bytes in chunks, the unused end of the newest included
  std::size_t limit_;
};

}  // namespace navette::jsonata
