//! Numbers of several windows at once, in the registers of the processor where we know them.

/// Windows that are looked at together.
pub(super) const LANES: usize = 8;

/// A number for each window.
pub(super) type Lanes<T> = [T; LANES];

/// The arithmetic that a cascade needs. All of it rounds as that of single numbers does.
pub(super) trait Wide: Copy {
    /// Whole numbers of 32 bits.
    type Whole: Copy;
    /// Single precision.
    type Single: Copy;
    /// Double precision.
    type Double: Copy;

    fn load(self, numbers: &Lanes<i32>) -> Self::Whole;
    fn load_single(self, numbers: &Lanes<f32>) -> Self::Single;
    fn splat(self, number: f32) -> Self::Single;
    fn zero(self) -> Self::Double;
    /// Wraps around.
    fn plus(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    /// Wraps around.
    fn minus(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn single(self, a: Self::Whole) -> Self::Single;
    fn times(self, a: Self::Single, b: Self::Single) -> Self::Single;
    fn sum(self, a: Self::Single, b: Self::Single) -> Self::Single;
    /// `below` where a value is less than the limit, `above` elsewhere.
    fn choose(self, value: Self::Single, limit: f32, below: Self::Single, above: Self::Single) -> Self::Single;
    fn added(self, total: Self::Double, a: Self::Single) -> Self::Double;
    fn whole_numbers(self, a: Self::Whole) -> Lanes<i32>;
    fn numbers(self, a: Self::Double) -> Lanes<f64>;
}

/// For processors without vectors that we know: the compiler makes of it what it can.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Wide for Plain {
    type Whole = Lanes<i32>;
    type Single = Lanes<f32>;
    type Double = Lanes<f64>;

    #[inline(always)]
    fn load(self, numbers: &Lanes<i32>) -> Lanes<i32> {
        *numbers
    }

    #[inline(always)]
    fn load_single(self, numbers: &Lanes<f32>) -> Lanes<f32> {
        *numbers
    }

    #[inline(always)]
    fn splat(self, number: f32) -> Lanes<f32> {
        [number; LANES]
    }

    #[inline(always)]
    fn zero(self) -> Lanes<f64> {
        [0.0; LANES]
    }

    #[inline(always)]
    fn plus(self, a: Lanes<i32>, b: Lanes<i32>) -> Lanes<i32> {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    fn minus(self, a: Lanes<i32>, b: Lanes<i32>) -> Lanes<i32> {
        std::array::from_fn(|i| a[i].wrapping_sub(b[i]))
    }

    #[inline(always)]
    fn single(self, a: Lanes<i32>) -> Lanes<f32> {
        a.map(|a| a as f32)
    }

    #[inline(always)]
    fn times(self, a: Lanes<f32>, b: Lanes<f32>) -> Lanes<f32> {
        std::array::from_fn(|i| a[i] * b[i])
    }

    #[inline(always)]
    fn sum(self, a: Lanes<f32>, b: Lanes<f32>) -> Lanes<f32> {
        std::array::from_fn(|i| a[i] + b[i])
    }

    #[inline(always)]
    fn choose(self, value: Lanes<f32>, limit: f32, below: Lanes<f32>, above: Lanes<f32>) -> Lanes<f32> {
        std::array::from_fn(|i| if value[i] < limit { below[i] } else { above[i] })
    }

    #[inline(always)]
    fn added(self, total: Lanes<f64>, a: Lanes<f32>) -> Lanes<f64> {
        std::array::from_fn(|i| total[i] + f64::from(a[i]))
    }

    #[inline(always)]
    fn whole_numbers(self, a: Lanes<i32>) -> Lanes<i32> {
        a
    }

    #[inline(always)]
    fn numbers(self, a: Lanes<f64>) -> Lanes<f64> {
        a
    }
}

#[cfg(target_arch = "x86_64")]
impl Wide for pulp::x86::V3 {
    type Whole = pulp::u32x8;
    type Single = pulp::f32x8;
    type Double = [pulp::f64x4; 2];

    #[inline(always)]
    fn load(self, numbers: &Lanes<i32>) -> pulp::u32x8 {
        pulp::cast(*numbers)
    }

    #[inline(always)]
    fn load_single(self, numbers: &Lanes<f32>) -> pulp::f32x8 {
        pulp::cast(*numbers)
    }

    #[inline(always)]
    fn splat(self, number: f32) -> pulp::f32x8 {
        self.splat_f32x8(number)
    }

    #[inline(always)]
    fn zero(self) -> [pulp::f64x4; 2] {
        [self.splat_f64x4(0.0); 2]
    }

    #[inline(always)]
    fn plus(self, a: pulp::u32x8, b: pulp::u32x8) -> pulp::u32x8 {
        self.wrapping_add_u32x8(a, b)
    }

    #[inline(always)]
    fn minus(self, a: pulp::u32x8, b: pulp::u32x8) -> pulp::u32x8 {
        self.wrapping_sub_u32x8(a, b)
    }

    #[inline(always)]
    fn single(self, a: pulp::u32x8) -> pulp::f32x8 {
        self.convert_i32x8_to_f32x8(pulp::cast(a))
    }

    #[inline(always)]
    fn times(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        pulp::Simd::mul_f32s(self, a, b)
    }

    #[inline(always)]
    fn sum(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        pulp::Simd::add_f32s(self, a, b)
    }

    #[inline(always)]
    fn choose(self, value: pulp::f32x8, limit: f32, below: pulp::f32x8, above: pulp::f32x8) -> pulp::f32x8 {
        self.select_f32x8(self.cmp_lt_f32x8(value, self.splat_f32x8(limit)), below, above)
    }

    #[inline(always)]
    fn added(self, [low, high]: [pulp::f64x4; 2], a: pulp::f32x8) -> [pulp::f64x4; 2] {
        let [a, b]: [pulp::f32x4; 2] = pulp::cast(a);
        let add = |total, a| pulp::Simd::add_f64s(self, total, self.convert_f32x4_to_f64x4(a));
        [add(low, a), add(high, b)]
    }

    #[inline(always)]
    fn whole_numbers(self, a: pulp::u32x8) -> Lanes<i32> {
        pulp::cast(a)
    }

    #[inline(always)]
    fn numbers(self, a: [pulp::f64x4; 2]) -> Lanes<f64> {
        pulp::cast(a)
    }
}
