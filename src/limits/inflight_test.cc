#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "test_journal.h"

namespace gatehouse::limits {
namespace {

class Journal : public JournalInAFolder {
 protected:
  Journal() {
    options_.parts = 2;
    options_.most_slots = 192;
  }
  static CallFacts facts() {
    CallFacts made;
    made.tenant = "acme";
    made.model = "small";
    made.day = 20000;
    made.price = {150, 75, 600, 1000};
    made.budgets = {{7, BudgetCounts::tokens, 1000, ~Units{0}, 0}, {8, BudgetCounts::money, 0, ~Units{0}, 0}};
    return made;
  }

  static std::uint32_t begun(Inflight::Part& part) {
    const std::uint32_t slot = part.take(facts()).value();
    part.begin(slot, 0);
    return slot;
  }
};

constexpr std::uintmax_t page = 4096;

TEST_F(Journal, ANewOneIsEmptyAndGivesAsManySlotsAsItHas) {
  Inflight journal = open();
  EXPECT_TRUE(journal.left().empty());
  journal.clear();
  std::set<std::uint32_t> taken;
  for (int i = 0; i < 31; ++i) {
    taken.insert(begun(journal.part(0)));
    taken.insert(begun(journal.part(1)));
  }
  for (int i = 0; i < 4 * 31; ++i) taken.insert(begun(journal.part(1)));
  EXPECT_EQ(taken.size(), 186U) << "each is one call's";
  EXPECT_FALSE(journal.part(0).take(facts())) << "there are no more";
  const std::uint32_t one = *taken.rbegin();
  journal.part(1).release(one);
  EXPECT_EQ(begun(journal.part(1)), one);
  EXPECT_EQ(journal.left().size(), 186U);
}

TEST_F(Journal, GrowsAsItIsNeededAndHasRoomOnTheDiskForWhatItMaps) {
  options_.most_slots = 4096;
  Inflight journal = open();
  journal.clear();
  EXPECT_EQ(std::filesystem::file_size(path_), 5 * page) << "each part can begin";
  const std::uint32_t kept = *journal.part(0).keep(facts());
  for (int i = 0; i < 3 * 31; ++i) ASSERT_TRUE(journal.part(0).take(kept));
  struct stat found{};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_size, 5 * page);
  EXPECT_GE(found.st_blocks * 512, found.st_size) << "no holes";
  ASSERT_TRUE(journal.part(0).take(kept));
  EXPECT_EQ(std::filesystem::file_size(path_), 6 * page);
}

TEST_F(Journal, AFullDiskIsNoSlotAndNotAFault) {
  options_.most_slots = 4096;
  Inflight journal = open();
  journal.clear();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{5 * page, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const std::uint32_t kept = *journal.part(0).keep(facts());
  int taken = 0;
  while (journal.part(0).take(kept)) ++taken;
  const bool has_more_facts = journal.part(1).keep(facts()).has_value();
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(taken, 3 * 31);
  EXPECT_FALSE(has_more_facts);
  EXPECT_TRUE(journal.part(0).take(kept)) << "once there is room again";
}

TEST_F(Journal, FactsThatCallsHaveInCommonAreOfEachOfThem) {
  {
    Inflight journal = open();
    journal.clear();
    Inflight::Part& part = journal.part(0);
    const std::uint32_t kept = *part.keep(facts());
    std::vector<std::uint32_t> slots;
    for (int i = 0; i < 3; ++i) {
      slots.push_back(*part.take(kept));
      part.begin(slots.back(), 1);
    }
    part.share(slots[0], 0, {7, BudgetCounts::tokens, 1000, 5, 2000});
    part.mark(slots[1], CallMark{1, 2, 3});
    part.let_go(kept);
    part.release(slots[2]);
    slots[2] = *part.take(facts());
    part.begin(slots[2], 2);
  }
  const Inflight journal = open();
  const std::vector<LeftCall> left = journal.left();
  ASSERT_EQ(left.size(), 3U);
  for (const LeftCall& call : left) {
    EXPECT_EQ(call.facts.tenant, "acme");
    EXPECT_EQ(call.facts.budgets.size(), 2U);
  }
  EXPECT_EQ(left[0].facts.budgets[0].next_period, 2000) << "of this one alone";
  EXPECT_EQ(left[1].facts.budgets[0].next_period, 0);
  EXPECT_EQ(left[1].facts.mark, (CallMark{1, 2, 3}));
  EXPECT_EQ(left[0].facts.mark, CallMark());
  EXPECT_EQ(left[2].use.prompt, 2U);
  EXPECT_EQ(left[2].facts.mark, CallMark()) << "nothing of the call before";
}

TEST_F(Journal, FactsStandForAsLongAsACallHasThem) {
  Inflight journal = open();
  journal.clear();
  Inflight::Part& part = journal.part(0);
  CallFacts mine = facts();
  const std::uint32_t kept = *part.keep(mine), slot = *part.take(kept);
  part.begin(slot, 1);
  part.let_go(kept);
  mine.tenant = "other";
  EXPECT_NE(*part.keep(mine), kept) << "somebody else's do not take their place";
  ASSERT_EQ(journal.left().size(), 1U);
  EXPECT_EQ(journal.left()[0].facts.tenant, "acme");
  part.release(slot);
  EXPECT_EQ(*part.keep(mine), kept) << "until the call is settled";
}

// As it may be on the disk after a loss of power: the page of a slot was written, and that of its facts was not.
TEST_F(Journal, ASlotWhoseFactsAreOthersIsNone) {
  std::uint32_t kept = 0;
  {
    Inflight journal = open();
    journal.clear();
    kept = *journal.part(0).keep(facts());
    const std::uint32_t slot = *journal.part(0).take(kept);
    journal.part(0).begin(slot, 1);
    EXPECT_EQ(journal.left().size(), 1U);
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(kept * 1024 + 4);  // the edition
  file.put('\x7f');
  file.close();
  EXPECT_TRUE(open().left().empty());
}

TEST_F(Journal, WhatAKilledProcessProducedIsKnownToTheNextOne) {
  ASSERT_EQ(open().left().size(), 0U);
  const pid_t child = ::fork();
  if (child == 0) {
    Result<Inflight> journal = Inflight::open(path_, options_);
    journal->clear();
    Inflight::Part& part = journal->part(0);
    const std::uint32_t slot = *part.take(facts());
    part.begin(slot, 40);
    part.granted(slot, 64);
    part.produced(slot, 17);
    part.release(*part.take(facts()));
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::vector<LeftCall> left = open().left();
  ASSERT_EQ(left.size(), 1U) << "the one that was released is none";
  EXPECT_EQ(left[0].facts.tenant, "acme");
  EXPECT_EQ(left[0].facts.model, "small");
  EXPECT_EQ(left[0].facts.day, 20000);
  EXPECT_EQ(left[0].facts.price, (Price{150, 75, 600, 1000}));
  EXPECT_EQ(left[0].use, (CallUse{40, 0, 17}));
  ASSERT_EQ(left[0].facts.budgets.size(), 2U);
  EXPECT_EQ(left[0].facts.budgets[0].budget, 7U);
  EXPECT_EQ(left[0].facts.budgets[0].period, 1000);
  EXPECT_EQ(spent_in(left[0].facts.budgets[0], left[0].facts.price, left[0].use).first, 57U);
  EXPECT_EQ(spent_in(left[0].facts.budgets[1], left[0].facts.price, left[0].use).first, 1000U + 40 * 150 + 17 * 600);
}

TEST_F(Journal, AfterALossOfPowerWhatWasGrantedCounts) {
  {
    Inflight journal = open();
    journal.clear();
    const std::uint32_t runs = begun(journal.part(0)), over = begun(journal.part(0));
    journal.part(0).granted(runs, 64);
    journal.part(0).produced(runs, 17);
    journal.part(0).granted(over, 64);
    journal.part(0).over(over, {40, 8, 20});
  }
  EXPECT_EQ(open().left()[0].use.completion, 17U) << "the same boot";
  options_.boot = "second boot";
  const std::vector<LeftCall> left = open().left();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].use.completion, 64U);
  EXPECT_EQ(left[1].use, (CallUse{40, 8, 20})) << "it was over";
}

TEST_F(Journal, ACallThatHadNotBegunHasTakenNothing) {
  {
    Inflight journal = open();
    journal.clear();
    const std::uint32_t waits = *journal.part(0).take(facts()), begins = *journal.part(0).take(facts());
    journal.part(0).begin(begins, 40);
    EXPECT_NE(waits, begins);
    EXPECT_TRUE(journal.sync().ok());
  }
  for (const char* boot : {"first boot", "second boot"}) {
    options_.boot = boot;
    const std::vector<LeftCall> left = open().left();
    ASSERT_EQ(left.size(), 1U) << boot;
    EXPECT_EQ(left[0].use, (CallUse{40, 0, 0}));
  }
  Inflight journal = open();
  journal.clear();
  EXPECT_TRUE(journal.left().empty());
}

TEST_F(Journal, ABatchIsStampedBeforeItIsWritten) {
  {
    Inflight journal = open();
    journal.clear();
    Inflight::Part& part = journal.part(1);
    const std::uint32_t slot = *part.take(facts());
    part.over(slot, {1, 0, 1});
    part.stamp({{slot}}, 1, 42);
  }
  Inflight journal = open();
  std::vector<LeftCall> left = journal.left();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].writer, 1U);
  EXPECT_EQ(left[0].batch, 42);
  journal.stamp(left, 9, 3);
  EXPECT_EQ(journal.left()[0].writer, 9U);
  EXPECT_EQ(journal.left()[0].batch, 3);
  journal.clear();
  EXPECT_TRUE(journal.left().empty());
}

TEST_F(Journal, SlotsOfAProcessWithMoreReactorsAreFoundByOneWithFewer) {
  {
    Inflight journal = open();
    journal.clear();
    begun(journal.part(1));
  }
  options_.parts = 1;
  Inflight journal = open();
  EXPECT_EQ(journal.left().size(), 1U);
}

TEST_F(Journal, AFileOfSomethingElseIsRefusedAndLeftAsItIs) {
  std::ofstream(path_) << std::string(10000, 'x');
  const Result<Inflight> opened = Inflight::open(path_, options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason(), "inflight_unusable");
  std::string head(10, '\0');
  std::ifstream(path_).read(head.data(), 10);
  EXPECT_EQ(head, "xxxxxxxxxx");
}

// A file as it was written when each slot held all that is known of its call.
TEST_F(Journal, WhatAGatehouseBeforeHasLeftIsSettledAndThenTheFileBeginsAnew) {
  std::string old(4096 + 2 * 1024, '\0');
  const auto put = [&old](std::size_t at, const auto& value) { std::memcpy(old.data() + at, &value, sizeof value); };
  old.replace(0, 8, "GATHINF1");
  old.replace(8, 10, "first boot");
  const std::size_t slot = 4096 + 1024;
  put(slot, std::uint32_t{1});
  put(slot + 4, std::uint32_t{3});
  put(slot + 8, std::int64_t{42});
  put(slot + 16, std::int32_t{20000});
  put(slot + 20, std::uint32_t{1});
  put(slot + 24, Price{150, 75, 600, 1000});
  put(slot + 56, std::array<std::uint64_t, 4>{40, 8, 64, 17});
  old.replace(slot + 88, 4, "acme");
  old.replace(slot + 152, 5, "small");
  put(slot + 280, BudgetShare{7, BudgetCounts::tokens, 1000, ~Units{0}, 0});
  std::ofstream(path_, std::ios::binary) << old;

  Inflight journal = open();
  std::vector<LeftCall> left = journal.left();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].writer, 3U);
  EXPECT_EQ(left[0].batch, 42);
  EXPECT_EQ(left[0].facts.tenant, "acme");
  EXPECT_EQ(left[0].facts.model, "small");
  EXPECT_EQ(left[0].facts.price, (Price{150, 75, 600, 1000}));
  EXPECT_EQ(left[0].facts.budgets[0].period, 1000);
  EXPECT_EQ(left[0].use, (CallUse{40, 8, 17}));
  journal.stamp(left, 9, 3);
  EXPECT_EQ(journal.left()[0].batch, 3);
  EXPECT_EQ(open().left()[0].writer, 9U);
  journal.clear();
  EXPECT_TRUE(journal.left().empty());
  begun(journal.part(0));
  EXPECT_EQ(open().left()[0].facts.day, 20000);
}

TEST(SpentIn, WhatGrewInTheNextPeriodIsSpentThere) {
  const BudgetShare share{7, BudgetCounts::tokens, 1000, 50, 2000};
  EXPECT_EQ(spent_in(share, {}, {40, 0, 30}).first, 50U);
  EXPECT_EQ(spent_in(share, {}, {40, 0, 30}).next, 20U);
  EXPECT_EQ(spent_in(share, {}, {40, 0, 5}).first, 45U);
  EXPECT_EQ(spent_in(share, {}, {40, 0, 5}).next, 0U);
}

TEST(Cost, CachedTokensAreAmongThePrompts) {
  const Price price{150, 75, 600, 1000};
  EXPECT_EQ(cost_of(price, {40, 30, 10}), 1000U + 10 * 150 + 30 * 75 + 10 * 600);
  EXPECT_EQ(cost_of(price, {40, 50, 0}), 1000U + 40 * 75) << "more cached than there are is as many as there are";
  EXPECT_EQ(cost_of({}, {40, 30, 10}), 0U);
}

}  // namespace
}  // namespace gatehouse::limits
