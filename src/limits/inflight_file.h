// limits/inflight_file.h — how DATA/inflight lies in memory and on the disk (inflight.h says what it is for).
// Format   pages of 4 KiB: one that says what it is, then pages of slots and pages of facts, as they are needed. The first place of a page
//          has its kind alone
// Rules    a process may be ended between any two stores: each change counts with one store, the last of it. The disk may be told of each
//          page on its own, in any order, but of a page as a whole: what must not be counted twice lies in one page
// Threads  a part belongs to one reactor; pages are handed out under a lock
#pragma once
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gatehouse/base/fd.h"
#include "gatehouse/limits/inflight.h"

namespace gatehouse::limits {
namespace journal {

inline constexpr std::uint64_t magic = 0x33464e4948544147U;               // GATHINF3
inline constexpr std::uint64_t magic_without_sums = 0x32464e4948544147U;  // GATHINF2: the same but for sums, and for who wrote a stamp
inline constexpr std::size_t page = 4096, slot_bytes = 128, facts_bytes = 1024;
inline constexpr std::size_t slots_a_page = page / slot_bytes, facts_a_page = page / facts_bytes;

enum SlotState : std::uint32_t { is_free = 0, runs = 1, is_over = 2, is_opened = 3, is_sum = 4 };
enum PageKind : std::uint32_t { is_blank = 0, of_slots = 1, of_facts = 2 };

struct Header {
  std::uint64_t magic = 0;
  std::array<char, 64> boot{};
};

// As it lies in the file, and as all of it stands before its edition says so.
struct SlotFacts {
  std::uint32_t kind;  // of the page, in the first of it
  std::atomic<std::uint32_t> edition;
  std::int32_t day;
  std::uint32_t budgets;
  Price price;
  std::array<char, 64> tenant;
  std::array<char, 128> model;
  std::array<char, 64> task;
  std::array<BudgetShare, most_budgets> shares;
};

// By whom something was or is to be settled, and in which of their batches, in one word that is written at once: 0 is nothing.
constexpr std::int64_t stamp_of(std::uint32_t writer, std::int64_t batch) { return (std::int64_t{writer} + 1) << 44 | batch; }
constexpr auto writer_in(std::int64_t stamp) { return static_cast<std::uint32_t>((stamp >> 44) - 1); }
constexpr std::int64_t batch_in(std::int64_t stamp) { return stamp & ((std::int64_t{1} << 44) - 1); }

// What calls of the same facts and no mark have come to.
struct SlotSum {
  CallUse use;
  std::uint64_t generation;  // of those that one batch takes
};
// A slot lies in two lines of the cache. What says that it is a sum stands in one of them with this, and the sum in the other: should the
// disk be told of one line and not of the other, they do not go together.
constexpr std::uint32_t check_of(const SlotSum& sum) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = sum.generation;
  for (const std::uint64_t one : {sum.use.prompt, sum.use.cached, sum.use.completion, sum.use.calls}) mixed = (mixed ^ one) * odd;
  return static_cast<std::uint32_t>(mixed >> 32U);
}

// As it lies in the file; the first of a page has its kind alone. Whoever reads it after a crash finds a slot that was being taken still
// free. What a call writes until it is over lies in one line of the cache.
struct alignas(slot_bytes) Slot {
  std::atomic<std::uint32_t> state;
  std::uint32_t check;               // of a sum; in a file from before there were any, who wrote a stamp that is a batch alone
  std::atomic<std::int64_t> stamp;   // by whom it is to be settled, and in which batch
  std::atomic<std::uint64_t> facts;  // edition and number
  std::uint64_t prompt, cached;
  std::atomic<std::uint64_t> granted, produced;
  std::uint64_t is_marked;
  union {
    CallMark mark;
    SlotSum sum;  // of one that is a sum
  };
};
static_assert(sizeof(Header) <= page && sizeof(Slot) == slot_bytes && sizeof(SlotFacts) <= facts_bytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::is_trivially_copyable_v<BudgetShare>);

constexpr std::uint64_t named(std::uint32_t number, std::uint32_t edition) { return std::uint64_t{edition} << 32U | number; }
constexpr auto number_in(std::uint64_t facts) { return static_cast<std::uint32_t>(facts); }
constexpr std::size_t pages_for(std::size_t many, std::size_t a_page) { return (many + a_page - 1) / a_page; }

template <std::size_t size>
void put(std::array<char, size>& to, std::string_view text) {
  to.fill(0);
  std::copy_n(text.begin(), std::min(text.size(), size), to.begin());
}
template <std::size_t size>
std::string got(const std::array<char, size>& from) {
  return std::string(from.data(), ::strnlen(from.data(), size));
}

inline CallFacts facts_in(const SlotFacts& kept) {
  CallFacts facts;
  facts.tenant = got(kept.tenant);
  facts.model = got(kept.model);
  facts.day = kept.day;
  facts.price = kept.price;
  facts.task = got(kept.task);
  facts.budgets.assign(kept.shares.begin(), kept.shares.begin() + std::min<std::size_t>(kept.budgets, most_budgets));
  return facts;
}

}  // namespace journal

struct Inflight::File {
  Fd fd;
  std::byte* bytes = nullptr;
  std::size_t mapped = 0;  // some of it behind the end of the file, until that grows
  std::mutex lock;
  std::size_t pages = 0;                     // that there is room for on the disk; under lock, like the next
  std::size_t handed = 1, handed_slots = 0;  // pages, the first of which says what it is; and how many of them hold slots
  std::size_t most_slot_pages = 0;
  std::string boot;
  bool other_boot = false;  // it was written before the machine was started
  bool old_format = false;  // until it is cleared
  std::vector<Part> parts;

  ~File() {
    if (bytes != nullptr) ::munmap(bytes, mapped);
  }
  journal::Header& header() { return *reinterpret_cast<journal::Header*>(bytes); }
  journal::Slot& slot(std::size_t number) { return *reinterpret_cast<journal::Slot*>(bytes + number * journal::slot_bytes); }
  journal::SlotFacts& facts(std::size_t number) { return *reinterpret_cast<journal::SlotFacts*>(bytes + number * journal::facts_bytes); }
  std::uint32_t& kind(std::size_t number) { return *reinterpret_cast<std::uint32_t*>(bytes + number * journal::page); }
  std::span<std::byte> whole() { return {bytes, pages * journal::page}; }
  // Room for so many; false: there is none on the disk.
  bool make_room(std::size_t wanted) {
    if (wanted > pages && ::posix_fallocate(fd.get(), 0, static_cast<off_t>(wanted * journal::page)) != 0) return false;
    pages = std::max(pages, wanted);
    return true;
  }
  // So many slots of a part that wait to be settled leave enough for the calls that run, and for as many again.
  std::size_t many() const {
    constexpr std::size_t most_at_once = 4096;  // more in a batch would make it no cheaper
    return std::clamp<std::size_t>(most_slot_pages * (journal::slots_a_page - 1) / parts.size() / 4, 1, most_at_once);
  }
  // One that no part has; nothing: there are no more.
  std::optional<std::size_t> hand_out(journal::PageKind what) {
    const std::lock_guard held(lock);
    // Neither kind takes the other's room.
    const std::size_t handed_facts = handed - 1 - handed_slots, most_facts = mapped / journal::page - 1 - most_slot_pages;
    if (what == journal::of_slots ? handed_slots == most_slot_pages : handed_facts == most_facts) return std::nullopt;
    if (!make_room(handed + 1)) return std::nullopt;
    if (what == journal::of_slots) ++handed_slots;
    return handed++;
  }
};

}  // namespace gatehouse::limits
