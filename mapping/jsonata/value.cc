#include "mapping/jsonata/value.h"

#include <algorithm>

namespace navette::jsonata {
namespace {

constexpr int kDepthMax = 2000;

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash ^ (hash >> 15);
}

bool same_members(const Object& a, const Object& b, bool& too_deep, int depth) {
  if (a.size != b.size) return false;
  return std::all_of(a.begin(), a.end(), [&](const Member& member) {
    const Member* other = b.find_member(member.key.text());
    return other != nullptr && deep_equal(member.value, other->value, too_deep, depth + 1);
  });
}

}  // namespace

Member* Object::find_member(std::string_view key) const {
  if (index == nullptr) {
    for (Member& member : *this) {
      if (same_text(member.key.text(), key)) return &member;
    }
    return nullptr;
  }
  for (std::uint32_t slot = hash_of(key) & index_mask;; slot = (slot + 1) & index_mask) {
    if (index[slot] == 0) return nullptr;
    Member& member = members[index[slot] - 1];
    if (same_text(member.key.text(), key)) return &member;
  }
}

Value Object::find(std::string_view key) const {
  const Member* member = find_member(key);
  return member == nullptr ? Value() : member->value;
}

void Object::reserve(Arena& arena, std::size_t wanted) {
  Member* room = arena.array<Member>(wanted);
  if (size > 0) std::memcpy(static_cast<void*>(room), members, size * sizeof(Member));
  members = room;
  capacity = static_cast<std::uint32_t>(wanted);
}

void Object::build_index(Arena& arena) {
  std::uint32_t slots = 64;
  while (slots < size * 3) slots *= 2;
  index = arena.array<std::uint32_t>(slots);
  std::memset(index, 0, slots * sizeof(std::uint32_t));
  index_mask = slots - 1;
  for (std::uint32_t at = 0; at < size; ++at) {
    std::uint32_t slot = hash_of(members[at].key.text()) & index_mask;
    while (index[slot] != 0) slot = (slot + 1) & index_mask;
    index[slot] = at + 1;
  }
}

// Keep the index when there is one, or when it is time for one.
void Object::index_newest(Arena& arena) {
  if (index == nullptr || size * 3 > (index_mask + 1) * 2) {
    build_index(arena);
    return;
  }
  std::uint32_t slot = hash_of(members[size - 1].key.text()) & index_mask;
  while (index[slot] != 0) slot = (slot + 1) & index_mask;
  index[slot] = size;
}

void Object::set(Arena& arena, Value key, Value value) {
  if (Member* member = find_member(key.text()); member != nullptr) {
    member->value = value;
  } else {
    add(arena, key, value);
  }
}

void Object::erase(Arena& arena, std::string_view key) {
  Member* member = find_member(key);
  if (member == nullptr) return;
  std::copy(member + 1, end(), member);
  --size;
  index = nullptr;
  if (size >= Object::kIndexedFrom) build_index(arena);
}

bool deep_equal(Value a, Value b, bool& too_deep, int depth) {
  if (a.tag() != b.tag()) return false;
  if (depth > kDepthMax) {
    too_deep = true;
    return false;
  }
  switch (a.tag()) {
    case Tag::kBool:
      return a.flag() == b.flag();
    case Tag::kNumber:
      return a.number() == b.number();
    case Tag::kString:
      return same_text(a.text(), b.text());
    case Tag::kArray:
      return a.array() == b.array() ||
             std::equal(a.array()->begin(), a.array()->end(), b.array()->begin(), b.array()->end(),
                        [&](Value x, Value y) { return deep_equal(x, y, too_deep, depth + 1); });
    case Tag::kObject:
      return a.object() == b.object() || same_members(*a.object(), *b.object(), too_deep, depth);
    case Tag::kFunction:
      return a.function() == b.function();
    case Tag::kTuple:
      return a.tuple() == b.tuple();
    default:
      return true;
  }
}

}  // namespace navette::jsonata
