#include "inflight_old.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::limits {
namespace {

constexpr std::size_t old_page = 4096, old_slot_bytes = 1024;
enum OldState : std::uint32_t { old_runs = 1, old_is_over = 2 };

struct OldSlot {
  std::uint32_t state = 0, writer = 0;
  std::int64_t batch = 0;
  std::int32_t day = 0;
  std::uint32_t budgets = 0;
  Price price;
  std::uint64_t prompt = 0, cached = 0, granted = 0, produced = 0;
  std::array<char, 64> tenant{};
  std::array<char, 128> model{};
  std::array<BudgetShare, most_budgets> shares;
  CallMark mark{};
};
static_assert(sizeof(OldSlot) <= old_slot_bytes && std::is_trivially_copyable_v<OldSlot>);

template <std::size_t size>
std::string old_text(const std::array<char, size>& from) {
  return std::string(from.data(), ::strnlen(from.data(), size));
}

OldSlot old_slot(std::span<const std::byte> file, std::uint32_t number) {
  OldSlot slot;
  std::memcpy(&slot, file.data() + old_page + std::size_t{number} * old_slot_bytes, sizeof slot);
  return slot;
}

}  // namespace

std::vector<LeftCall> left_in_old(std::span<const std::byte> file, bool lost_power) {
  std::vector<LeftCall> left;
  const std::size_t slots = file.size() > old_page ? (file.size() - old_page) / old_slot_bytes : 0;
  for (std::uint32_t i = 0; i < slots; ++i) {
    const OldSlot slot = old_slot(file, i);
    if (slot.state != old_runs && slot.state != old_is_over) continue;
    LeftCall call;
    call.slot = i;
    call.writer = slot.writer;
    call.batch = slot.batch;
    call.facts.tenant = old_text(slot.tenant);
    call.facts.model = old_text(slot.model);
    call.facts.day = slot.day;
    call.facts.price = slot.price;
    call.facts.budgets.assign(slot.shares.begin(), slot.shares.begin() + std::min<std::size_t>(slot.budgets, most_budgets));
    call.facts.mark = slot.mark;
    call.use = {slot.prompt, slot.cached, lost_power && slot.state == old_runs ? slot.granted : slot.produced};
    left.push_back(std::move(call));
  }
  return left;
}

void stamp_old(std::span<std::byte> file, std::uint32_t number, std::uint32_t writer, std::int64_t batch) {
  OldSlot slot = old_slot(file, number);
  slot.writer = writer;
  slot.batch = batch;
  std::memcpy(file.data() + old_page + std::size_t{number} * old_slot_bytes, &slot, sizeof slot);
}

}  // namespace gatehouse::limits
