// Calls that are added up in the journal: counted once each, wherever the process or the machine is ended.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gatehouse/limits/inflight.h"

namespace gatehouse::limits {
namespace {

constexpr std::size_t page_bytes = 4096;

class JournalSums : public ::testing::Test {
 protected:
  JournalSums() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-sums-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "inflight";
    options_.boot = "first boot";
  }
  ~JournalSums() override { std::filesystem::remove_all(folder_); }

  Inflight open() { return open(path_); }
  Inflight open(const std::filesystem::path& path) {
    Result<Inflight> opened = Inflight::open(path, options_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().describe());
    return std::move(*opened);
  }
  static CallFacts facts_of(const std::string& tenant) {
    CallFacts made;
    made.tenant = tenant;
    made.model = "small";
    made.price = {2, 1, 3, 100};
    made.budgets = {{7, BudgetCounts::money, 0, ~Units{0}, 0}};
    return made;
  }
  static std::uint32_t begun(Inflight::Part& part, std::uint32_t facts) {
    const std::uint32_t slot = part.take(facts).value();
    part.begin(slot, 0);
    return slot;
  }

  std::filesystem::path folder_, path_;
  Inflight::Options options_;
};

TEST_F(JournalSums, CallsOfTheSameFactsTakeOneSlotUntilTheyAreSettled) {
  {
    Inflight journal = open();
    journal.clear();
    Inflight::Part& part = journal.part(0);
    const std::uint32_t acme = *part.keep(facts_of("acme")), other = *part.keep(facts_of("other"));
    const std::uint32_t runs = begun(part, acme);
    std::set<std::uint32_t> slots;
    for (int i = 0; i < 1000; ++i) {
      const std::uint32_t slot = begun(part, acme);
      slots.insert(slot);
      EXPECT_EQ(part.join(slot, {4, 1, 6}), i == 0);
    }
    EXPECT_LE(slots.size(), 2U) << "the next one's, and that of the sum, in turns";
    EXPECT_TRUE(part.join(begun(part, other), {1, 0, 1})) << "others are added up on their own";
    part.produced(runs, 2);
  }
  options_.boot = "second boot";
  for (const LeftCall& call : open().left()) {
    if (call.facts.tenant == "other") {
      EXPECT_EQ(call.use, (CallUse{1, 0, 1, 1}));
    } else if (call.use.calls == 1) {
      EXPECT_EQ(call.use, (CallUse{0, 0, 0, 1})) << "which ran, and was granted nothing";
    } else {
      EXPECT_EQ(call.use, (CallUse{4000, 1000, 6000, 1000}));
      const Units each = 100 + 3 * 2 + 1 + 6 * 3;
      EXPECT_EQ(spent_in(call.facts.budgets[0], call.facts.price, call.use).first, 1000 * each) << "the price of a call is paid by each";
    }
  }
  EXPECT_EQ(open().left().size(), 3U);
}

TEST_F(JournalSums, ASumThatIsTakenIsStampedAndTheNextCallsBeginAnew) {
  Inflight journal = open();
  journal.clear();
  Inflight::Part& part = journal.part(0);
  const std::uint32_t kept = *part.keep(facts_of("acme"));
  EXPECT_TRUE(part.join(begun(part, kept), {1, 0, 1}));
  EXPECT_FALSE(part.join(begun(part, kept), {1, 0, 1}));
  const std::vector<std::uint32_t> taken = part.take_sums();
  ASSERT_EQ(taken.size(), 1U);
  part.stamp(taken, 3, 42);
  EXPECT_TRUE(part.join(begun(part, kept), {5, 0, 5}));
  std::map<std::int64_t, CallUse> by_batch;
  for (const LeftCall& call : journal.left()) by_batch[call.batch] = call.use;
  EXPECT_EQ(by_batch, (std::map<std::int64_t, CallUse>{{0, {5, 0, 5, 1}}, {42, {2, 0, 2, 2}}}));
  part.release(taken);
  ASSERT_EQ(journal.left().size(), 1U);
  EXPECT_EQ(journal.left()[0].use.prompt, 5U);
  EXPECT_EQ(part.take_sums().size(), 1U);
  EXPECT_TRUE(part.take_sums().empty());
}

// Between the store that makes a sum and the one that forgets the sum before it.
TEST_F(JournalSums, OfTwoSumsOfTheSameCallsOneCountsAndStaysTheOneWhenItIsSettled) {
  std::uint32_t first = 0;
  {
    Inflight journal = open();
    journal.clear();
    Inflight::Part& part = journal.part(0);
    const std::uint32_t kept = *part.keep(facts_of("acme"));
    first = begun(part, kept);
    part.join(first, {1, 0, 1});
    part.join(begun(part, kept), {1, 0, 1});
  }
  constexpr std::uint32_t is_sum = 4;
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(first * 128);
  file.write(reinterpret_cast<const char*>(&is_sum), sizeof is_sum);
  file.close();
  Inflight journal = open();
  const std::vector<LeftCall> left = journal.left();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].use, (CallUse{2, 0, 2, 2}));
  journal.stamp(left, 9, 1);
  ASSERT_EQ(journal.left().size(), 1U) << "the other does not come to light";
  EXPECT_EQ(journal.left()[0].batch, 1);
  EXPECT_EQ(journal.left()[0].writer, 9U);
}

TEST_F(JournalSums, EachPageHasItsOwnSums) {
  Inflight journal = open();
  journal.clear();
  Inflight::Part& part = journal.part(0);
  const std::uint32_t kept = *part.keep(facts_of("acme"));
  std::vector<std::uint32_t> slots;
  for (int i = 0; i < 31 + 10; ++i) slots.push_back(begun(part, kept));
  int more = 0;
  for (const std::uint32_t slot : slots) more += part.join(slot, {1, 0, 1}) ? 1 : 0;
  EXPECT_EQ(more, 2);
  std::multiset<std::uint64_t> calls;
  for (const LeftCall& call : journal.left()) calls.insert(call.use.calls);
  EXPECT_EQ(calls, (std::multiset<std::uint64_t>{10, 31}));
  EXPECT_EQ(part.take_sums().size(), 2U);
}

// A stamp was two numbers then, the writer's for itself.
TEST_F(JournalSums, AFileFromBeforeThereWereSumsIsReadAsItWas) {
  std::uint32_t slot = 0;
  {
    Inflight journal = open();
    journal.clear();
    slot = begun(journal.part(0), *journal.part(0).keep(facts_of("acme")));
    journal.part(0).over(slot, {1, 0, 2});
  }
  const struct {
    std::uint32_t writer = 3;
    std::int64_t batch = 42;
  } stamp;
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.write("GATHINF2", 8);
  file.seekp(slot * 128 + 4);
  file.write(reinterpret_cast<const char*>(&stamp.writer), 4);
  file.write(reinterpret_cast<const char*>(&stamp.batch), 8);
  file.close();
  Inflight journal = open();
  std::vector<LeftCall> left = journal.left();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].writer, 3U);
  EXPECT_EQ(left[0].batch, 42);
  EXPECT_EQ(left[0].use, (CallUse{1, 0, 2}));
  journal.stamp(left, 0xffff, 7);
  EXPECT_EQ(open().left()[0].writer, 0xffffU);
  EXPECT_EQ(open().left()[0].batch, 7);
}

// What the two processes know of in common. A batch and what is settled with it are written in one store, like a transaction.
struct Told {
  std::atomic<std::uint64_t> made{0}, settled{0};
  static constexpr unsigned batch_from = 40;
  void settle(std::int64_t batch) { settled.store(static_cast<std::uint64_t>(batch) << batch_from | made.load()); }
  std::int64_t batch() const { return static_cast<std::int64_t>(settled.load() >> batch_from); }
  std::uint64_t calls() const { return settled.load() & ((std::uint64_t{1} << batch_from) - 1); }
};

void call_until_killed(Inflight& journal, const std::vector<CallFacts>& facts, Told& told) {
  Inflight::Part& part = journal.part(0);
  std::vector<std::uint32_t> kept;
  for (const CallFacts& one : facts) kept.push_back(*part.keep(one));
  // Others run beside, so that slots lie in several pages; those that are done with are taken up again in any order.
  std::minstd_rand random(7);
  std::vector<std::uint32_t> beside;
  for (int i = 0; i < 60; ++i) beside.push_back(*part.take(kept[0]));
  for (int i = 0; i < 60; i += 2) part.release(beside[static_cast<std::size_t>(i)]);
  for (std::int64_t batch = 1;; ++batch) {
    std::uint64_t made = 0;
    for (const std::uint64_t many = random() % 50; made < many; ++made) {
      const std::uint32_t slot = *part.take(kept[random() % kept.size()]);
      part.begin(slot, 0);
      part.produced(slot, 1);
      told.made.fetch_add(1);
      part.join(slot, {0, 0, 1});
    }
    const std::vector<std::uint32_t> sums = part.take_sums();
    part.stamp(sums, 0, batch);
    told.settle(batch);
    part.release(sums);
  }
}

TEST_F(JournalSums, AProcessThatIsKilledAnywhereLeavesEachCallOnce) {
  void* const shared = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  const std::vector<CallFacts> facts = {facts_of("acme"), facts_of("other"), facts_of("third")};
  std::minstd_rand random(11);
  for (int round = 0; round < 200; ++round) {
    std::filesystem::remove(path_);
    Told& told = *new (shared) Told;
    const pid_t child = ::fork();
    if (child == 0) {
      Result<Inflight> journal = Inflight::open(path_, options_);
      journal->clear();
      call_until_killed(*journal, facts, told);
    }
    const std::uint64_t enough = 1 + random() % 5000;
    while (told.made.load() < enough && ::waitpid(child, nullptr, WNOHANG) == 0) std::this_thread::yield();
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    std::uint64_t known = told.calls();
    for (const LeftCall& call : open().left()) {
      if (call.batch == 0 || call.batch > told.batch()) known += call.use.completion;
    }
    const std::uint64_t made = told.made.load();
    EXPECT_TRUE(known == made || known == made + 1) << known << " of " << made << " in round " << round;
  }
  ::munmap(shared, page_bytes);
}

// What the disk knows: of each page what it was between two calls, at some moment since the last sync.
class Disk {
 public:
  explicit Disk(std::filesystem::path of) : of_(std::move(of)) {}
  void sync() {
    std::ifstream file(of_, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }
  void write_page(std::size_t number) {
    std::ifstream file(of_, std::ios::binary);
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::size_t>(file.tellg());
    bytes_.resize(std::max(bytes_.size(), size));
    file.seekg(static_cast<std::streamoff>(number % (size / page_bytes) * page_bytes));
    file.read(bytes_.data() + number % (size / page_bytes) * page_bytes, page_bytes);
  }
  void become(const std::filesystem::path& path) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  }

 private:
  std::filesystem::path of_;
  std::string bytes_;
};

// Calls of which each can be told apart in any sum: it has two bits of its own there, and so shows how often it is in it.
struct Weighed {
  static constexpr std::size_t bits = 2, of_prompt = 30, each = 60;
  static CallUse use_of(std::size_t number) {
    CallUse use;
    (number < of_prompt ? use.prompt : use.completion) = std::uint64_t{1} << (number % of_prompt * bits);
    return use;
  }
  static std::uint64_t times(const CallUse& use, std::size_t number) {
    return (number < of_prompt ? use.prompt : use.completion) >> (number % of_prompt * bits) & 3U;
  }
};

// Calls of several tenants: they begin, are over in any order, and are settled batch by batch, while pages come to the disk as they like.
class RandomCalls {
 public:
  RandomCalls(Inflight& journal, Disk& disk, std::uint32_t seed) : part_(journal.part(0)), disk_(disk), random_(seed) {}
  void keep(const CallFacts& facts) { tenants_.push_back({facts.tenant, *part_.keep(facts)}); }
  void step() {
    const auto dice = random_() % 100;
    if (dice < 34) begin();
    if (dice >= 34 && dice < 60 && !running_.empty()) end();
    if (dice >= 60 && dice < 63) stamp_and_sync();
    if (dice >= 63 && dice < 68) settle();
    if (dice >= 68) disk_.write_page(random_());
  }
  std::int64_t last_settled() const { return last_settled_; }
  // How often the call that is known most often is known: to the store, and by what is left.
  std::uint64_t most_often(const std::vector<LeftCall>& left) const {
    std::uint64_t most = 0;
    for (const Tenant& tenant : tenants_) {
      for (std::size_t i = 0; i < tenant.begun; ++i) {
        std::uint64_t times = tenant.settled.contains(i) ? 1 : 0;
        for (const LeftCall& call : left) {
          if (call.facts.tenant == tenant.name && (call.batch == 0 || call.batch > last_settled_)) times += Weighed::times(call.use, i);
        }
        most = std::max(most, times);
      }
    }
    return most;
  }

 private:
  struct Tenant {
    std::string name;
    std::uint32_t facts = 0;
    std::size_t begun = 0;
    std::set<std::size_t> over = {}, in_batch = {}, settled = {};
  };
  struct Running {
    std::size_t tenant = 0, number = 0;
    std::uint32_t slot = 0;
  };
  void begin() {
    const std::size_t of = random_() % tenants_.size();
    if (tenants_[of].begun == Weighed::each) return;
    const Running call{of, tenants_[of].begun++, *part_.take(tenants_[of].facts)};
    const CallUse use = Weighed::use_of(call.number);
    part_.granted(call.slot, use.completion);
    part_.begin(call.slot, use.prompt);
    running_.push_back(call);
  }
  void end() {
    const std::size_t at = random_() % running_.size();
    const Running call = running_[at];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    part_.join(call.slot, Weighed::use_of(call.number));
    tenants_[call.tenant].over.insert(call.number);
  }
  void stamp_and_sync() {
    if (!stamped_.empty()) return;
    stamped_ = part_.take_sums();
    part_.stamp(stamped_, 0, ++batch_);
    for (Tenant& tenant : tenants_) tenant.in_batch = std::exchange(tenant.over, {});
    disk_.sync();
  }
  void settle() {
    if (stamped_.empty()) return;
    for (Tenant& tenant : tenants_) tenant.settled.merge(tenant.in_batch);
    last_settled_ = batch_;
    part_.release(std::exchange(stamped_, {}));
  }

  Inflight::Part& part_;
  Disk& disk_;
  std::minstd_rand random_;
  std::vector<Tenant> tenants_;
  std::vector<Running> running_;
  std::vector<std::uint32_t> stamped_;
  std::int64_t batch_ = 0, last_settled_ = 0;
};

TEST_F(JournalSums, ALossOfPowerCountsNoCallTwice) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    options_.boot = "first boot";
    std::filesystem::remove(path_);
    Inflight journal = open();
    journal.clear();
    Disk disk(path_);
    disk.sync();
    RandomCalls calls(journal, disk, seed);
    for (const char* tenant : {"acme", "other", "third", "fourth"}) calls.keep(facts_of(tenant));
    for (int i = 0; i < 700; ++i) {
      calls.step();
      if (i % 50 != 49) continue;
      disk.become(folder_ / "after");
      options_.boot = "second boot";
      ASSERT_LE(calls.most_often(open(folder_ / "after").left()), 1U) << "seed " << seed << ", step " << i;
    }
  }
}

}  // namespace
}  // namespace gatehouse::limits
