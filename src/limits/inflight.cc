#include "gatehouse/limits/inflight.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <mutex>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::limits {
namespace {

constexpr std::uint64_t magic = 0x31464e4948544147U;  // GATHINF1
constexpr std::size_t page = 4096, slot_bytes = 1024;
constexpr std::uint32_t slots_at_a_time = 64, most_slots_ever = 1U << 20U;

enum SlotState : std::uint32_t { is_free = 0, runs = 1, is_over = 2, is_opened = 3 };

struct Header {
  std::uint64_t magic = 0;
  std::array<char, 64> boot{};
};

// As it lies in the file. Whoever reads it after a crash finds a slot that was being taken still free.
struct Slot {
  std::atomic<std::uint32_t> state;
  std::uint32_t writer;
  std::int64_t batch;
  std::int32_t day;
  std::uint32_t budgets;
  Price price;
  std::uint64_t prompt, cached;
  std::atomic<std::uint64_t> granted, produced;
  std::array<char, 64> tenant;
  std::array<char, 128> model;
  std::array<BudgetShare, most_budgets> shares;
  CallMark mark;  // a file of a Gatehouse that knew of none has zeros there, as at the next
  std::array<char, 64> task;
};
static_assert(sizeof(Header) <= page && sizeof(Slot) <= slot_bytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::is_trivially_copyable_v<BudgetShare>);

template <std::size_t size>
void put(std::array<char, size>& to, std::string_view text) {
  to.fill(0);
  std::copy_n(text.begin(), std::min(text.size(), size), to.begin());
}
template <std::size_t size>
std::string got(const std::array<char, size>& from) {
  return std::string(from.data(), ::strnlen(from.data(), size));
}

Error unusable(const std::string& path, const std::string& what) { return operator_error("inflight_unusable", "'" + path + "' " + what); }

Error failed(const std::string& path, const char* what) { return unusable(path, std::string(what) + ": " + ::strerror(errno)); }

}  // namespace

struct Inflight::File {
  Fd fd;
  std::byte* bytes = nullptr;
  std::size_t mapped = 0;  // some of it behind the end of the file, until that grows
  std::mutex lock;
  std::uint32_t slots = 0;   // that there is room for on the disk; under lock, like the next
  std::uint32_t handed = 0;  // to parts
  std::uint32_t most = 0;
  std::string boot;
  bool other_boot = false;  // it was written before the machine was started
  std::vector<Part> parts;

  ~File() {
    if (bytes != nullptr) ::munmap(bytes, mapped);
  }
  Header& header() { return *reinterpret_cast<Header*>(bytes); }
  Slot& slot(std::size_t number) { return *reinterpret_cast<Slot*>(bytes + page + number * slot_bytes); }
  // Room for so many; false: there is none on the disk.
  bool make_room(std::uint32_t wanted) {
    if (wanted > slots && ::posix_fallocate(fd.get(), 0, static_cast<off_t>(page + std::size_t{wanted} * slot_bytes)) != 0) return false;
    slots = std::max(slots, wanted);
    return true;
  }
  // The first of some that no part has; nothing: there are no more.
  std::optional<std::uint32_t> hand_out() {
    const std::lock_guard held(lock);
    if (handed + slots_at_a_time > most || !make_room(handed + slots_at_a_time)) return std::nullopt;
    return std::exchange(handed, handed + slots_at_a_time);
  }
};

Units units_of(BudgetCounts counts, const Price& price, const CallUse& use) {
  if (counts == BudgetCounts::tokens) return use.prompt + use.completion;
  return cost_of(price, TokensUsed{use.prompt, use.cached, use.completion});
}

std::vector<SpentPart> spent_of(const CallFacts& facts, const CallUse& use) {
  std::vector<SpentPart> spent;
  for (const BudgetShare& share : facts.budgets) {
    const Units units = units_of(share.counts, facts.price, use), first = std::min(units, share.most_of_period);
    if (first > 0) spent.push_back({share.budget, share.period, first});
    if (units > first) spent.push_back({share.budget, share.next_period, units - first});
  }
  return spent;
}

Result<Inflight> Inflight::open(const std::string& path, const Options& options) {
  auto file = std::make_unique<File>();
  file->fd = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat found{};
  if (!file->fd || ::fstat(file->fd.get(), &found) != 0) return failed(path, "cannot be opened");
  const auto old_size = static_cast<std::size_t>(found.st_size);
  std::uint64_t said = 0;
  const bool is_new = old_size == 0 || (::pread(file->fd.get(), &said, sizeof said, 0) == sizeof said && said == 0);
  if (!is_new && said != magic) return unusable(path, "is no file of calls that are being made");
  GH_ASSERT(options.parts > 0 && options.most_slots <= most_slots_ever);
  // Those of an earlier process that had more are kept, too.
  const std::size_t old_slots = old_size > page ? std::min<std::size_t>((old_size - page) / slot_bytes, most_slots_ever) : 0;
  file->most = options.most_slots;
  if (!file->make_room(std::max({static_cast<std::uint32_t>(old_slots), options.parts * slots_at_a_time}))) {
    return unusable(path, "cannot grow: there is no room on the disk");
  }
  file->mapped = page + std::size_t{std::max(file->slots, file->most)} * slot_bytes;
  void* const mapped = ::mmap(nullptr, file->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd.get(), 0);
  if (mapped == MAP_FAILED) return failed(path, "cannot be mapped");
  file->bytes = static_cast<std::byte*>(mapped);
  Header& header = file->header();
  file->boot = options.boot;
  file->other_boot = header.magic == magic && (options.boot.empty() || got(header.boot) != options.boot);
  header.magic = magic;
  for (std::uint32_t i = 0; i < options.parts; ++i) file->parts.emplace_back(*file);
  return Inflight(std::move(file));
}

Inflight::Inflight(std::unique_ptr<File> file) : file_(std::move(file)) {}
Inflight::Inflight(Inflight&&) noexcept = default;
Inflight& Inflight::operator=(Inflight&&) noexcept = default;
Inflight::~Inflight() = default;

std::vector<LeftCall> Inflight::left() const {
  std::vector<LeftCall> left;
  for (std::uint32_t i = 0; i < file_->slots; ++i) {
    const Slot& slot = file_->slot(i);
    const std::uint32_t state = slot.state.load(std::memory_order_acquire);
    if (state != runs && state != is_over) continue;
    LeftCall call;
    call.slot = i;
    call.writer = slot.writer;
    call.batch = slot.batch;
    call.facts.tenant = got(slot.tenant);
    call.facts.model = got(slot.model);
    call.facts.day = slot.day;
    call.facts.price = slot.price;
    call.facts.budgets.assign(slot.shares.begin(), slot.shares.begin() + std::min<std::size_t>(slot.budgets, most_budgets));
    call.facts.mark = slot.mark;
    call.facts.task = got(slot.task);
    const bool lost_power = file_->other_boot && state == runs;
    call.use = {slot.prompt, slot.cached, lost_power ? slot.granted.load() : slot.produced.load()};
    left.push_back(std::move(call));
  }
  return left;
}

void Inflight::stamp(const std::vector<LeftCall>& calls, std::uint32_t writer, std::int64_t batch) {
  for (const LeftCall& call : calls) {
    Slot& slot = file_->slot(call.slot);
    slot.writer = writer;
    slot.batch = batch;
  }
}

void Inflight::clear() {
  for (std::uint32_t i = 0; i < file_->slots; ++i) {
    Slot& slot = file_->slot(i);
    if (slot.state.load(std::memory_order_relaxed) != is_free) slot.state.store(is_free, std::memory_order_release);
  }
  put(file_->header().boot, file_->boot);
  file_->other_boot = false;
}

// What was written through the mapping belongs to the file's data.
Status Inflight::sync() const {
  if (::fdatasync(file_->fd.get()) == 0) return ok();
  return operator_error("inflight_unusable", std::string("the calls that are being made cannot be synced: ") + ::strerror(errno));
}

Inflight::Part& Inflight::part(std::size_t number) { return file_->parts.at(number); }

std::optional<std::uint32_t> Inflight::Part::take(const CallFacts& facts) {
  GH_ASSERT(facts.budgets.size() <= most_budgets);
  if (free_.empty()) {
    const std::optional<std::uint32_t> first = file_.hand_out();
    // The first of them are taken first.
    for (std::uint32_t i = slots_at_a_time; first && i > 0; --i) free_.push_back(*first + i - 1);
  }
  if (free_.empty()) return std::nullopt;
  const std::uint32_t number = free_.back();
  free_.pop_back();
  Slot& slot = file_.slot(number);
  slot.writer = 0;
  slot.batch = 0;
  slot.day = facts.day;
  slot.price = facts.price;
  slot.prompt = slot.cached = 0;
  slot.granted.store(0, std::memory_order_relaxed);
  slot.produced.store(0, std::memory_order_relaxed);
  put(slot.tenant, facts.tenant);
  put(slot.model, facts.model);
  slot.budgets = static_cast<std::uint32_t>(facts.budgets.size());
  std::ranges::copy(facts.budgets, slot.shares.begin());
  slot.mark = facts.mark;
  put(slot.task, facts.task);
  slot.state.store(is_opened, std::memory_order_release);
  return number;
}

void Inflight::Part::begin(std::uint32_t number, std::uint64_t prompt_tokens) {
  Slot& slot = file_.slot(number);
  slot.prompt = prompt_tokens;
  slot.state.store(runs, std::memory_order_release);
}

void Inflight::Part::mark(std::uint32_t slot, const CallMark& mark) { file_.slot(slot).mark = mark; }
void Inflight::Part::task(std::uint32_t slot, std::string_view task) { put(file_.slot(slot).task, task); }
void Inflight::Part::granted(std::uint32_t slot, std::uint64_t tokens) {
  file_.slot(slot).granted.store(tokens, std::memory_order_release);
}
void Inflight::Part::produced(std::uint32_t slot, std::uint64_t tokens) {
  file_.slot(slot).produced.store(tokens, std::memory_order_release);
}
void Inflight::Part::share(std::uint32_t slot, std::size_t budget, const BudgetShare& share) { file_.slot(slot).shares.at(budget) = share; }

void Inflight::Part::over(std::uint32_t number, const CallUse& use) {
  Slot& slot = file_.slot(number);
  slot.prompt = use.prompt;
  slot.cached = use.cached;
  slot.produced.store(use.completion, std::memory_order_relaxed);
  slot.state.store(is_over, std::memory_order_release);
}

void Inflight::Part::stamp(std::uint32_t number, std::uint32_t writer, std::int64_t batch) {
  Slot& slot = file_.slot(number);
  slot.writer = writer;
  slot.batch = batch;
}

void Inflight::Part::release(std::uint32_t number) {
  file_.slot(number).state.store(is_free, std::memory_order_release);
  free_.push_back(number);
}

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

}  // namespace gatehouse::limits
