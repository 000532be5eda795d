// SPDX-License-Identifier: Apache-2.0
// Which types travel between processes; of the others the compiler says why they do not.
#pragma once

#include <array>
#include <cereal/cereal.hpp>
#include <cereal/types/base_class.hpp>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace manta::internal {

class InputArchive;
class OutputArchive;

template <class T>
inline constexpr bool is_serializable = cereal::traits::is_output_serializable<T, OutputArchive>::value&&
    cereal::traits::is_input_serializable<T, InputArchive>::value;

template <class T>
inline constexpr bool is_view = false;
template <class C, class T>
inline constexpr bool is_view<std::basic_string_view<C, T>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;

// Of a container of the standard library, whose own template says of any element that it can be serialized.
template <class... E>
struct ElementList {};
template <class T>
struct Elements : ElementList<> {};
template <class E, std::size_t N>
struct Elements<std::array<E, N>> : ElementList<E> {};
template <class E, class... R>
struct Elements<std::vector<E, R...>> : ElementList<E> {};
template <class E, class... R>
struct Elements<std::deque<E, R...>> : ElementList<E> {};
template <class E, class... R>
struct Elements<std::set<E, R...>> : ElementList<E> {};
template <class E, class... R>
struct Elements<std::multiset<E, R...>> : ElementList<E> {};
template <class E, class... R>
struct Elements<std::unordered_set<E, R...>> : ElementList<E> {};
template <class K, class V, class... R>
struct Elements<std::map<K, V, R...>> : ElementList<K, V> {};
template <class K, class V, class... R>
struct Elements<std::multimap<K, V, R...>> : ElementList<K, V> {};
template <class K, class V, class... R>
struct Elements<std::unordered_map<K, V, R...>> : ElementList<K, V> {};
template <class E>
struct Elements<std::optional<E>> : ElementList<E> {};
template <class A, class B>
struct Elements<std::pair<A, B>> : ElementList<A, B> {};
template <class... E>
struct Elements<std::tuple<E...>> : ElementList<E...> {};
template <class... E>
struct Elements<std::variant<E...>> : ElementList<E...> {};

enum class TravelMistake {
  kNone,
  kReference,
  kPointer,
  kView,
  kChangingSave,
  kAmbiguous,
  kNotWritten,
  kNotRead,
  kNeither,
  kConstSerialize,
  kNotMade,
};

// A member `save` that is not const, and no other one.
template <class T>
inline constexpr bool has_changing_save = requires(T& value, OutputArchive& archive) { value.save(archive); } &&
    !requires(const T& value, OutputArchive& archive) { value.save(archive); };

// A member `serialize` that is const reads nothing into its object. One of an empty class need not.
template <class T>
inline constexpr bool has_const_serialize =
    !std::is_empty_v<T> && requires(const T& value, InputArchive& archive) { value.serialize(archive); };

template <class T>
constexpr TravelMistake travel_mistake() {
  if constexpr (std::is_reference_v<T>) {
    return TravelMistake::kReference;
  } else if constexpr (std::is_pointer_v<T>) {
    return TravelMistake::kPointer;
  } else if constexpr (is_view<T>) {
    return TravelMistake::kView;
  } else if constexpr (has_changing_save<T>) {
    return TravelMistake::kChangingSave;
  } else if constexpr (!is_serializable<T>) {
    constexpr auto ways_out = cereal::traits::detail::count_output_serializers<T, OutputArchive>::value;
    constexpr auto ways_in = cereal::traits::detail::count_input_serializers<T, InputArchive>::value;
    if (ways_out > 1 || ways_in > 1) return TravelMistake::kAmbiguous;
    if (ways_out == 0 && ways_in == 0) return TravelMistake::kNeither;
    return ways_out == 0 ? TravelMistake::kNotWritten : TravelMistake::kNotRead;
  } else if constexpr (has_const_serialize<T>) {
    return TravelMistake::kConstSerialize;
  } else {
    return std::is_default_constructible_v<T> ? TravelMistake::kNone : TravelMistake::kNotMade;
  }
}

template <class T>
struct Travels;
template <class... E>
constexpr bool all_travel(const ElementList<E...>*) {
  return (Travels<E>::value && ...);
}

// Asked first of all, so that this is the first error, before those in the midst of cereal.
template <class T>
struct Travels {
  static_assert(all_travel(static_cast<const Elements<T>*>(nullptr)));
  static constexpr bool value = true;
  static constexpr TravelMistake mistake = travel_mistake<T>();

  static_assert(mistake != TravelMistake::kReference,
                "a reference cannot travel between processes: pass the value itself");
  static_assert(mistake != TravelMistake::kPointer,
                "a pointer cannot travel between processes: pass the value, a std::string or a SharedArray");
  static_assert(mistake != TravelMistake::kView,
                "a view of memory cannot travel between processes: pass a std::string, a std::vector or a SharedArray");
  static_assert(mistake != TravelMistake::kChangingSave,
                "the `save` of this type is not const: `template <class Archive> void save(Archive& archive) const`");
  static_assert(mistake != TravelMistake::kAmbiguous,
                "this type has more than one way to be serialized: give it either `serialize`, or `save` and `load`");
  static_assert(mistake != TravelMistake::kNotWritten,
                "this type has a `load` and no `save`: `template <class Archive> void save(Archive& archive) const`");
  static_assert(mistake != TravelMistake::kNotRead,
                "this type has a `save` and no `load`: `template <class Archive> void load(Archive& archive)`");
  static_assert(mistake != TravelMistake::kNeither,
                "this type cannot travel between processes: give it a public member "
                "`template <class Archive> void serialize(Archive& archive) { archive(a, b, …); }`");
  static_assert(mistake != TravelMistake::kConstSerialize,
                "the `serialize` of this type is const, and so cannot read: take the const away, or write a `save` "
                "that is const and a `load` that is not");
  static_assert(mistake != TravelMistake::kNotMade,
                "this type has no default constructor: a value that arrives is made first and read then");
};

// A part of the object that is of a base class, which may be abstract: cereal sees to it.
template <class T>
inline constexpr bool is_base_part = false;
template <class B>
inline constexpr bool is_base_part<cereal::base_class<B>> = true;
template <class B>
inline constexpr bool is_base_part<cereal::virtual_base_class<B>> = true;

// What a `serialize` gives to its archive; cereal has a type of its own for some of it.
template <class T, bool kIsSerializable>
constexpr void check_member() {
  static_assert(!std::is_pointer_v<T>, "a pointer cannot travel between processes, in a `serialize` neither: give the "
                                       "archive the value, a std::string or a SharedArray");
  static_assert(!is_view<T>, "a view of memory cannot travel between processes, in a `serialize` neither: give the "
                             "archive a std::string, a std::vector or a SharedArray");
  static_assert(kIsSerializable || is_base_part<T> || std::is_pointer_v<T> || is_view<T> || std::is_array_v<T>,
                "this type cannot travel between processes, in a `serialize` neither: give it a public member "
                "`template <class Archive> void serialize(Archive& archive) { archive(a, b, …); }`");
}

}  // namespace manta::internal
