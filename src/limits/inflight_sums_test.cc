// Calls that are added up in the journal: counted once each, wherever the process is ended.
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

#include "test_journal.h"

namespace gatehouse::limits {
namespace {

class JournalSums : public JournalInAFolder {};

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
      part.join(slot, {4, 1, 6});
    }
    EXPECT_LE(slots.size(), 2U) << "the next one's, and that of the sum, in turns";
    part.join(begun(part, other), {1, 0, 1});  // others are added up on their own
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
  for (int i = 0; i < 2; ++i) part.join(begun(part, kept), {1, 0, 1});
  const std::vector<std::uint32_t> taken = part.take_over();
  ASSERT_EQ(taken.size(), 1U);
  part.stamp(taken, 3, 42);
  part.join(begun(part, kept), {5, 0, 5});
  std::map<std::int64_t, CallUse> by_batch;
  for (const LeftCall& call : journal.left()) by_batch[call.batch] = call.use;
  EXPECT_EQ(by_batch, (std::map<std::int64_t, CallUse>{{0, {5, 0, 5, 1}}, {42, {2, 0, 2, 2}}}));
  part.release(taken);
  ASSERT_EQ(journal.left().size(), 1U);
  EXPECT_EQ(journal.left()[0].use.prompt, 5U);
  EXPECT_EQ(part.take_over().size(), 1U);
  EXPECT_TRUE(part.take_over().empty());
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
  for (const std::uint32_t slot : slots) part.join(slot, {1, 0, 1});
  std::multiset<std::uint64_t> calls;
  for (const LeftCall& call : journal.left()) calls.insert(call.use.calls);
  EXPECT_EQ(calls, (std::multiset<std::uint64_t>{10, 31}));
  EXPECT_EQ(part.take_over().size(), 2U);
}

TEST_F(JournalSums, SaysOnceThatManySlotsWait) {
  options_.most_slots = 62;  // a fourth of them
  Inflight journal = open();
  journal.clear();
  Inflight::Part& part = journal.part(0);
  int said = 0;
  part.on_many([&said] { ++said; });
  const std::uint32_t kept = *part.keep(facts_of("acme"));
  for (int i = 0; i < 14; ++i) part.over(begun(part, kept), {});
  for (int i = 0; i < 100; ++i) part.join(begun(part, kept), {});
  EXPECT_EQ(said, 1) << "of calls that are added up there may be any number";
  for (int i = 0; i < 5; ++i) part.over(begun(part, kept), {});
  EXPECT_EQ(said, 1);
  EXPECT_EQ(part.take_over().size(), 20U);
  EXPECT_TRUE(part.take_over().empty());
  for (int i = 0; i < 14; ++i) part.over(begun(part, kept), {});
  EXPECT_EQ(said, 1);
}

// The disk was told of one line of the cache, and not of the other: the sum is the slot's one before.
TEST_F(JournalSums, ASumThatIsNotTheOneThatWasMadeIsNone) {
  std::uint32_t slot = 0;
  {
    Inflight journal = open();
    journal.clear();
    slot = begun(journal.part(0), *journal.part(0).keep(facts_of("acme")));
    journal.part(0).join(slot, {1, 0, 2});
    EXPECT_EQ(journal.left().size(), 1U);
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(slot * 128 + 64);
  file.put('\x05');
  file.close();
  EXPECT_TRUE(open().left().empty());
}

TEST_F(JournalSums, AProcessBeginsAnewInTheSamePages) {
  for (int process = 0; process < 3; ++process) {
    Inflight journal = open();
    EXPECT_EQ(journal.left().size(), process == 0 ? 0U : 1U);
    journal.clear();
    Inflight::Part& part = journal.part(0);
    const std::uint32_t kept = *part.keep(facts_of("acme"));
    for (int i = 0; i < 3 - process; ++i) part.join(begun(part, kept), {1, 0, 1});
    ASSERT_EQ(journal.left().size(), 1U);
    EXPECT_EQ(journal.left()[0].use.calls, static_cast<std::uint64_t>(3 - process)) << "and nothing of the one before, which had more";
  }
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
  std::string says(8, ' ');
  std::ifstream(path_).read(says.data(), 8);
  EXPECT_EQ(says, "GATHINF3") << "one from before would read another stamp";
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
    const std::vector<std::uint32_t> sums = part.take_over();
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

}  // namespace
}  // namespace gatehouse::limits
