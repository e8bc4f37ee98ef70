#include "gatehouse/adapters/weight_layout.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "test_model.h"

namespace gatehouse::adapters {
namespace {

Fd memory_file(std::string_view bytes = {}) {
  Fd file(memfd_create("weights", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return file;
}

std::string bytes_of(const Fd& file) {
  struct stat found{};
  EXPECT_EQ(fstat(file.get(), &found), 0);
  std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
  EXPECT_EQ(pread(file.get(), bytes.data(), bytes.size(), 0), found.st_size);
  return bytes;
}

Fd shipped() { return Fd(::open(test_model_path().c_str(), O_RDONLY | O_CLOEXEC)); }

class Layout : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(load_cpu_backends(library_directory()).ok());
    ASSERT_TRUE(shipped()) << test_model_advice();
  }
};

TEST_F(Layout, OfEightBitsAnswersAsBefore) {
  const Fd to = memory_file();
  std::uint64_t last = 0, all = 0;
  const Status written = write_in_layout(shipped(), to, WeightLayout::q8_0, [&](std::uint64_t done, std::uint64_t of) {
    EXPECT_GE(done, last);
    last = done, all = of;
  });
  ASSERT_TRUE(written.ok()) << written.error().describe();
  EXPECT_EQ(last, all);
  const auto model = load_llama_model(Fd(dup(to.get())), small_load());
  ASSERT_TRUE(model.ok()) << model.error().describe();
  const auto prompt = model->compiler->compile(ask("What is the capital of France?"));
  ASSERT_TRUE(prompt.ok());
  engine::SequenceModel& sequences = *model->sequences;
  sequences.open(0, ask("").sampling);
  const engine::PromptPart part{0, 0, *prompt, true};
  ASSERT_TRUE(sequences.prefill(std::span(&part, 1)).ok());
  std::string answer;
  auto position = static_cast<std::uint32_t>(prompt->size());
  for (int i = 0; i < 32; ++i) {
    const engine::Token token = sequences.sample(0);
    if (sequences.is_end(token)) break;
    answer += sequences.piece(token);
    const engine::SeatToken next{0, position++, token};
    ASSERT_TRUE(sequences.decode(std::span(&next, 1)).ok());
  }
  sequences.close(0);
  EXPECT_EQ(answer, "The capital of France is Paris.");
}

TEST_F(Layout, OfTheSameFileIsTheSameBytes) {
  const Fd once = memory_file(), again = memory_file();
  for (const Fd* to : {&once, &again}) ASSERT_TRUE(write_in_layout(shipped(), *to, WeightLayout::q4_0, nullptr).ok());
  EXPECT_EQ(bytes_of(once), bytes_of(again));
  EXPECT_LT(bytes_of(once).size(), 110'000'000U);
  EXPECT_TRUE(load_llama_model(Fd(dup(once.get())), small_load()).ok());
}

TEST_F(Layout, OfWhatIsNoModelIsAnError) {
  const std::string whole = bytes_of(shipped());
  for (const std::string& bytes : {std::string(), std::string("GGUF"), std::string(4096, '\xff'), whole.substr(0, whole.size() / 2)}) {
    const Status written = write_in_layout(memory_file(bytes), memory_file(), WeightLayout::q8_0, nullptr);
    ASSERT_FALSE(written.ok()) << bytes.size();
    EXPECT_EQ(written.error().reason(), "model_file_unusable");
  }
}

TEST_F(Layout, ThatCannotBeWrittenIsAnError) {
  const Fd read_only(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(write_in_layout(shipped(), read_only, WeightLayout::q8_0, nullptr).error().reason(), "model_not_written");
}

TEST(WeightLayoutNames, AreThoseOfTheField) {
  EXPECT_EQ(parse_weight_layout("q8_0"), WeightLayout::q8_0);
  EXPECT_EQ(parse_weight_layout("q4_0"), WeightLayout::q4_0);
  for (const char* other : {"", "Q8_0", "q4_1", "q8"}) EXPECT_FALSE(parse_weight_layout(other));
}

}  // namespace
}  // namespace gatehouse::adapters
