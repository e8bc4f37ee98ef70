#include "gatehouse/limits/inflight.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

#include "gatehouse/base/assert.h"
#include "inflight_file.h"
#include "inflight_old.h"

namespace gatehouse::limits {

using namespace journal;

namespace {

constexpr std::uint32_t most_slots_ever = 1U << 20U;
constexpr std::size_t most_pages_ever = 1U << 19U;
constexpr std::size_t facts_for_plans = 4096;  // of each part, beside one for each slot
// Whatever was synced since is in no cache of this core: who comes to a slot later asks for it now, and does not wait for it then.
constexpr int for_writing = 1;
constexpr std::size_t fetched_ahead = 8;

Error unusable(const std::string& path, const std::string& what) { return operator_error("inflight_unusable", "'" + path + "' " + what); }

Error failed(const std::string& path, const char* what) { return unusable(path, std::string(what) + ": " + ::strerror(errno)); }

}  // namespace

Units units_of(BudgetCounts counts, const Price& price, const CallUse& use) {
  if (counts == BudgetCounts::tokens) return use.prompt + use.completion;
  return cost_of(price, use);
}

SpentIn spent_in(const BudgetShare& share, const Price& price, const CallUse& use) {
  const Units units = units_of(share.counts, price, use), first = std::min(units, share.most_of_period);
  return {first, units - first};
}

Result<Inflight> Inflight::open(const std::string& path, const Options& options) {
  auto file = std::make_unique<File>();
  file->fd = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat found{};
  if (!file->fd || ::fstat(file->fd.get(), &found) != 0) return failed(path, "cannot be opened");
  const auto old_size = static_cast<std::size_t>(found.st_size);
  std::uint64_t said = 0;
  const bool is_new = old_size == 0 || (::pread(file->fd.get(), &said, sizeof said, 0) == sizeof said && said == 0);
  file->old_format = !is_new && said == old_inflight_magic;
  if (!is_new && !file->old_format && said != magic && said != magic_without_sums)
    return unusable(path, "is no file of calls that are being made");
  GH_ASSERT(options.parts > 0 && options.most_slots <= most_slots_ever);
  file->most_slot_pages = std::max<std::size_t>(options.most_slots / (slots_a_page - 1), options.parts);
  // Each part has room for some, and those of an earlier process that had more are kept, too.
  if (!file->make_room(std::max<std::size_t>(std::min(pages_for(old_size, page), most_pages_ever), 1 + std::size_t{options.parts} * 2))) {
    return unusable(path, "cannot grow: there is no room on the disk");
  }
  const std::size_t most_facts = options.most_slots + options.parts * facts_for_plans;
  file->mapped = std::max(file->pages, 1 + file->most_slot_pages + pages_for(most_facts, facts_a_page)) * page;
  void* const mapped = ::mmap(nullptr, file->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd.get(), 0);
  if (mapped == MAP_FAILED) return failed(path, "cannot be mapped");
  file->bytes = static_cast<std::byte*>(mapped);
  Header& header = file->header();
  file->boot = options.boot;
  file->other_boot = !is_new && (options.boot.empty() || got(header.boot) != options.boot);
  if (is_new) header.magic = magic;
  for (std::uint32_t i = 0; i < options.parts; ++i) file->parts.emplace_back(*file);
  return Inflight(std::move(file));
}

Inflight::Inflight(std::unique_ptr<File> file) : file_(std::move(file)) {}
Inflight::Inflight(Inflight&&) noexcept = default;
Inflight& Inflight::operator=(Inflight&&) noexcept = default;
Inflight::~Inflight() = default;

// What was written through the mapping belongs to the file's data.
Status Inflight::sync() const {
  if (::fdatasync(file_->fd.get()) == 0) return ok();
  return operator_error("inflight_unusable", std::string("the calls that are being made cannot be synced: ") + ::strerror(errno));
}

Inflight::Part& Inflight::part(std::size_t number) { return file_->parts.at(number); }

std::optional<std::uint32_t> Inflight::Part::keep(const CallFacts& facts) {
  GH_ASSERT(facts.budgets.size() <= most_budgets);
  if (free_facts_.empty()) {
    const std::optional<std::size_t> fresh = file_.hand_out(of_facts);
    if (!fresh) return std::nullopt;
    const auto first = static_cast<std::uint32_t>(*fresh * facts_a_page);
    file_.kind(*fresh) = of_facts;
    for (std::uint32_t i = facts_a_page; i > 0; --i) free_facts_.push_back(first + i - 1);
    users_.resize(std::max<std::size_t>(users_.size(), first + facts_a_page));
  }
  const std::uint32_t number = free_facts_.back();
  free_facts_.pop_back();
  users_[number] = 1;
  SlotFacts& kept = file_.facts(number);
  // Whatever of this reaches the disk, and when: a slot that names what was there before finds another edition.
  kept.edition.fetch_add(1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  kept.day = facts.day;
  kept.price = facts.price;
  put(kept.tenant, facts.tenant);
  put(kept.model, facts.model);
  put(kept.task, facts.task);
  kept.budgets = static_cast<std::uint32_t>(facts.budgets.size());
  std::ranges::copy(facts.budgets, kept.shares.begin());
  kept.edition.fetch_add(1, std::memory_order_release);
  return number;
}

void Inflight::Part::let_go(std::uint32_t facts) {
  if (--users_[facts] == 0) free_facts_.push_back(facts);
}

std::optional<std::uint32_t> Inflight::Part::take(std::uint32_t facts) {
  if (free_slots_.empty()) {
    const std::optional<std::size_t> fresh = file_.hand_out(of_slots);
    if (!fresh) return std::nullopt;
    // All of them are free before the page says that it has any; the first of them are taken first.
    const auto first = static_cast<std::uint32_t>(*fresh * slots_a_page);
    for (std::uint32_t i = slots_a_page - 1; i > 0; --i) {
      file_.slot(first + i).state.store(is_free, std::memory_order_release);
      free_slots_.push_back(first + i);
    }
    std::atomic_ref(file_.kind(*fresh)).store(of_slots, std::memory_order_release);
  }
  const std::uint32_t number = free_slots_.back();
  free_slots_.pop_back();
  if (!free_slots_.empty()) fetch(free_slots_.back());
  ++users_[facts];
  Slot& slot = file_.slot(number);
  slot.stamp.store(0, std::memory_order_relaxed);
  slot.prompt = slot.cached = 0;
  slot.granted.store(0, std::memory_order_relaxed);
  slot.produced.store(0, std::memory_order_relaxed);
  slot.is_marked = 0;
  slot.facts.store(named(facts, file_.facts(facts).edition.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  slot.state.store(is_opened, std::memory_order_release);
  return number;
}

std::optional<std::uint32_t> Inflight::Part::take(const CallFacts& facts) {
  const std::optional<std::uint32_t> kept = keep(facts);
  if (!kept) return std::nullopt;
  const std::optional<std::uint32_t> slot = take(*kept);
  let_go(*kept);
  if (slot && facts.mark != CallMark()) mark(*slot, facts.mark);
  return slot;
}

void Inflight::Part::begin(std::uint32_t number, std::uint64_t prompt_tokens) {
  Slot& slot = file_.slot(number);
  slot.prompt = prompt_tokens;
  slot.state.store(runs, std::memory_order_release);
}

void Inflight::Part::mark(std::uint32_t number, const CallMark& mark) {
  Slot& slot = file_.slot(number);
  slot.mark = mark;
  std::atomic_ref(slot.is_marked).store(1, std::memory_order_release);
}

void Inflight::Part::task(std::uint32_t slot, std::string_view task) {
  CallFacts changed = facts_in(file_.facts(number_in(file_.slot(slot).facts.load(std::memory_order_relaxed))));
  changed.task = task;
  rewrite(slot, changed);
}

void Inflight::Part::granted(std::uint32_t slot, std::uint64_t tokens) {
  file_.slot(slot).granted.store(tokens, std::memory_order_release);
}
void Inflight::Part::produced(std::uint32_t slot, std::uint64_t tokens) {
  file_.slot(slot).produced.store(tokens, std::memory_order_release);
}
void Inflight::Part::share(std::uint32_t slot, std::size_t budget, const BudgetShare& share) {
  CallFacts changed = facts_in(file_.facts(number_in(file_.slot(slot).facts.load(std::memory_order_relaxed))));
  changed.budgets.at(budget) = share;
  rewrite(slot, changed);
}

// The others who have the facts in common keep them as they were.
void Inflight::Part::rewrite(std::uint32_t number, const CallFacts& facts) {
  const std::optional<std::uint32_t> own = keep(facts);
  if (!own) return;
  const std::uint64_t before = file_.slot(number).facts.exchange(named(*own, file_.facts(*own).edition.load()), std::memory_order_release);
  let_go(number_in(before));
}

void Inflight::Part::over(std::uint32_t number, const CallUse& use) {
  Slot& slot = file_.slot(number);
  slot.prompt = use.prompt;
  slot.cached = use.cached;
  slot.produced.store(use.completion, std::memory_order_relaxed);
  slot.state.store(is_over, std::memory_order_release);
  over_.push_back(number);
  one_more_waits();
}

// A call becomes the sum of itself and those before with one store, and only then the sum of those before is forgotten: a process that ends
// in between leaves both in the page, and the one of more calls is it.
void Inflight::Part::join(std::uint32_t number, const CallUse& use) {
  Slot& slot = file_.slot(number);
  GH_ASSERT(slot.is_marked == 0);
  const std::uint64_t facts = slot.facts.load(std::memory_order_relaxed);
  const std::size_t on = number / slots_a_page;
  if (sums_.size() <= on) sums_.resize(on + 1);
  std::vector<Sum>& sums = sums_[on];
  const auto before = std::ranges::find(sums, facts, &Sum::facts);
  slot.sum = {use, generation_};
  if (before != sums.end()) slot.sum.use += file_.slot(before->slot).sum.use;
  slot.check = check_of(slot.sum);
  slot.state.store(is_sum, std::memory_order_release);
  if (before != sums.end()) return release(std::exchange(before->slot, number));
  if (sums.empty()) summed_.push_back(on);
  sums.push_back({facts, number});
  one_more_waits();
}

void Inflight::Part::one_more_waits() {
  if (++waiting_ == file_.many() && hurry_) hurry_();
}

std::vector<std::uint32_t> Inflight::Part::take_over() {
  std::vector<std::uint32_t> taken = std::exchange(over_, {});
  waiting_ = 0;
  for (const std::size_t on : std::exchange(summed_, {})) {
    for (const Sum& sum : sums_[on]) taken.push_back(sum.slot);
    sums_[on].clear();
  }
  ++generation_;
  return taken;
}

void Inflight::Part::fetch(std::uint32_t slot) const { __builtin_prefetch(&file_.slot(slot), for_writing); }

void Inflight::Part::stamp(std::span<const std::uint32_t> numbers, std::uint32_t writer, std::int64_t batch) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i + fetched_ahead < numbers.size()) fetch(numbers[i + fetched_ahead]);
    file_.slot(numbers[i]).stamp.store(stamp_of(writer, batch), std::memory_order_release);
  }
}

void Inflight::Part::release(std::span<const std::uint32_t> slots) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (i + fetched_ahead < slots.size()) fetch(slots[i + fetched_ahead]);
    release(slots[i]);
  }
}

void Inflight::Part::release(std::uint32_t number) {
  Slot& slot = file_.slot(number);
  slot.state.store(is_free, std::memory_order_release);
  let_go(number_in(slot.facts.load(std::memory_order_relaxed)));
  free_slots_.push_back(number);
}

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

}  // namespace gatehouse::limits
