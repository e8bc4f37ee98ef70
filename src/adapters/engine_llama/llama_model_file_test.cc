// What may be loaded, and what is made of it.
#include <gtest/gtest.h>

#include <fstream>

#include "gatehouse/adapters/llama_model.h"
#include "test_model.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

TEST(LlamaModelFile, RefusesWhatIsNoModel) {
  ASSERT_TRUE(load_cpu_backends(library_directory()).ok());
  const auto path = std::filesystem::path(testing::TempDir()) / "no_model.gguf";
  for (const std::string& bytes :
       {std::string(), std::string("GGUF"), std::string(4096, 'x'), std::string("GGUF\3\0\0\0\xff\xff\xff\xff", 12)}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    const auto loaded = load_llama_model(Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), small_load());
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().reason(), "model_load_failed");
  }
  std::filesystem::remove(path);
  EXPECT_EQ(load_llama_model(Fd(), small_load()).error().reason(), "model_file_unusable");
}

// As long as a prompt may be for a seat of the usual size.
TEST(LlamaModelFile, TokenisesWhatIsHardToTokenise) {
  w::Load options = small_load();
  options.seats = 1;
  options.seat_cells = 4096;
  const auto loaded = load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.error().describe();
  for (const std::string& text :
       {std::string(130'000, 'a'), std::string(130'000, ' '), std::string(130'000, '7'), std::string(130'000, '\n'),
        std::string(130'000, '\0'), std::string(130'000, '\xff'), std::string("\xf0\x9f\x98")}) {
    for (const w::Prepare& prepare : {chat(text), raw(text)}) {
      const auto compiled = loaded->compiler->compile(prepare);
      if (compiled)
        EXPECT_LT(compiled->size(), 4096U);
      else
        EXPECT_EQ(compiled.error().origin(), Origin::caller) << compiled.error().describe();
    }
  }
}

TEST(LlamaModelFile, MakesSeatsNoLargerThanTheModelsContext) {
  w::Load options = small_load();
  options.seats = 1;
  options.seat_cells = 100'000;
  const auto loaded = load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.error().describe();
  EXPECT_EQ(loaded->sequences->seat_cells(), 8192U);
}

TEST(LlamaModelFile, RefusesSeatsThatCannotBe) {
  w::Load none = small_load();
  none.seats = 0;
  const auto loaded = load(none);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().reason(), "model_load_failed") << loaded.error().describe();
}

}  // namespace
}  // namespace gatehouse::adapters
