//! The trunk of a network: blocks of convolutions.

use serde::{Deserialize, Serialize};

use super::Check;
use super::checks::{is_default, is_true, share, yes};
use crate::error::{Error, Result};

/// Some convolutions with ReLU after each, then pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlockRecipe {
    /// How the convolutions are connected.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: BlockKind,
    /// Output channels: one number for each convolution of a plain block (none for pooling alone) and for each unit of
    /// a residual one; for `feat-ex` those of its 1 x 1, 3 x 3 and pooled 1 x 1 convolutions.
    pub filters: Vec<i64>,
    /// Side of the kernels; even ones reach one pixel further to the right and down.
    #[serde(default = "three")]
    pub kernel: i64,
    /// Padding, one for each convolution of a plain block; the other kinds keep the size.
    #[serde(default)]
    pub padding: Vec<Padding>,
    /// Whether the convolutions of a plain block have a bias, which batch normalisation behind them makes idle.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub bias: bool,
    /// Stride of the first convolution.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stride: i64,
    /// Side of the max pooling after the convolutions; 1 for none.
    #[serde(default = "two")]
    pub pool: i64,
    /// Its stride, where it is not its side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_stride: Option<i64>,
    /// Whether the last windows may reach over the edge; otherwise what does not fill one is left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pool_over_edge: bool,
    /// Take the mean of each whole map in place of the max pooling.
    #[serde(default, skip_serializing_if = "is_default")]
    pub global_average: bool,
    /// Where batch normalisation stands.
    #[serde(default)]
    pub batch_norm: BatchNorm,
    /// Layer normalisation over channels and pixels after the pooling (Ba et al. 2016).
    #[serde(default, skip_serializing_if = "is_default")]
    pub layer_norm: bool,
    /// Share of values dropped after the block.
    #[serde(default)]
    pub dropout: f64,
}

fn one() -> i64 {
    1
}

fn two() -> i64 {
    2
}

fn three() -> i64 {
    3
}

fn is_one(value: &i64) -> bool {
    *value == 1
}

/// How the convolutions of a block are connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// One after the other.
    #[default]
    Plain,
    /// Units of two convolutions with a shortcut around both (He et al. 2016, the basic block).
    Residual,
    /// Two branches side by side (Burkert et al. 2015, DeXpression): 1 x 1 then 3 x 3, and 3 x 3 max pooling then
    /// 1 x 1.
    FeatEx,
}

/// Padding of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Zeros around, the size stays.
    Same,
    /// None, the size shrinks by kernel - 1.
    Valid,
}

/// Where batch normalisation stands in a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchNorm {
    /// Nowhere.
    #[default]
    None,
    /// Between each convolution and its ReLU.
    Each,
    /// Once, after the pooling.
    AfterPool,
    /// Once, after the pooling and the dropout.
    AfterDropout,
}

impl BlockRecipe {
    /// Stride of the pooling.
    pub fn pool_stride(&self) -> i64 {
        self.pool_stride.unwrap_or(self.pool)
    }

    /// Channels, height and width that leave the block; `None` when not a pixel is left.
    pub fn output(&self, input: [i64; 3]) -> Option<[i64; 3]> {
        let [mut channels, mut h, mut w] = input;
        match self.kind {
            BlockKind::Plain => {
                for (i, (&filters, padding)) in self.filters.iter().zip(&self.padding).enumerate() {
                    let stride = if i == 0 { self.stride } else { 1 };
                    let lost = if *padding == Padding::Valid { self.kernel - 1 } else { 0 };
                    (h, w) = ((h - lost - 1).div_euclid(stride) + 1, (w - lost - 1).div_euclid(stride) + 1);
                    channels = filters;
                }
            }
            BlockKind::Residual => {
                (h, w) = ((h - 1) / self.stride + 1, (w - 1) / self.stride + 1);
                channels = self.filters.last().copied().unwrap_or(channels);
            }
            BlockKind::FeatEx => channels = self.filters.iter().skip(1).sum(),
        }
        if self.global_average {
            (h, w) = (h.min(1), w.min(1));
        } else if self.pool > 1 {
            (h, w) = (self.pooled(h), self.pooled(w));
        }
        (h > 0 && w > 0).then_some([channels, h, w])
    }

    /// Windows along a side, by the rule of PyTorch's pooling layers.
    fn pooled(&self, side: i64) -> i64 {
        let stride = self.pool_stride();
        let beyond = side - self.pool;
        if !self.pool_over_edge {
            return if beyond < 0 { 0 } else { beyond / stride + 1 };
        }
        let windows = if beyond <= 0 { 1 } else { (beyond + stride - 1) / stride + 1 };
        // A window must begin inside.
        if (windows - 1) * stride >= side { windows - 1 } else { windows }
    }
}

impl Check for BlockRecipe {
    fn check(&self) -> Result<()> {
        let wrong = |expected: &str| Err(Error::invalid("block", format!("{self:?}"), expected));
        let stride = self.pool_stride();
        if !self.filters.iter().all(|f| (1..=8192).contains(f))
            || !(1..=31).contains(&self.kernel)
            || !(1..=8).contains(&self.pool)
            || !(1..=8).contains(&self.stride)
            || !(1..=8).contains(&stride)
        {
            return wrong("filters from 1, a kernel up to 31, pool, pool-stride and stride from 1 to 8");
        }
        match self.kind {
            BlockKind::Plain if self.filters.len() != self.padding.len() => {
                return wrong("filters and padding of equal length");
            }
            BlockKind::Plain if self.filters.is_empty() && self.pool < 2 && !self.global_average => {
                return wrong("filters, or pooling at least");
            }
            BlockKind::Plain => {}
            BlockKind::Residual if self.filters.is_empty() || self.batch_norm != BatchNorm::Each => {
                return wrong("filters and batch-norm = \"each\" for kind = \"residual\"");
            }
            BlockKind::FeatEx if self.filters.len() != 3 || self.stride != 1 || self.batch_norm == BatchNorm::Each => {
                return wrong("three filters, stride 1 and no batch-norm = \"each\" for kind = \"feat-ex\"");
            }
            BlockKind::Residual | BlockKind::FeatEx if !self.padding.is_empty() || self.kernel != 3 => {
                return wrong("kernel 3 and no padding for this kind");
            }
            BlockKind::Residual | BlockKind::FeatEx => {}
        }
        share("dropout of a block", self.dropout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> BlockRecipe {
        let block: BlockRecipe = toml::from_str(text).unwrap();
        block.check().unwrap();
        block
    }

    #[test]
    fn sizes_are_those_of_pytorch() {
        let same = "filters = [8]\npadding = ['same']\n";
        assert_eq!(block(same).output([1, 23, 48]), Some([8, 11, 24]));
        let over = format!("{same}pool = 3\npool-stride = 2\npool-over-edge = true");
        assert_eq!(block(&over).output([1, 48, 11]), Some([8, 24, 5 + 1 - 1]));
        let strided = "filters = [64]\npadding = ['same']\nkernel = 7\nstride = 2\npool = 3\npool-stride = 2";
        assert_eq!(block(strided).output([1, 224, 224]), Some([64, 55, 55]));
        let residual = "kind = 'residual'\nfilters = [8, 16]\nstride = 2\nbatch-norm = 'each'\n";
        assert_eq!(block(&format!("{residual}pool = 1")).output([4, 11, 44]), Some([16, 6, 22]));
        assert_eq!(block(&format!("{residual}global-average = true")).output([4, 11, 44]), Some([16, 1, 1]));
        let feat_ex = "kind = 'feat-ex'\nfilters = [96, 208, 64]\npool = 3\npool-stride = 2";
        assert_eq!(block(feat_ex).output([64, 55, 55]), Some([272, 27, 27]));
        let valid = "filters = [8, 8]\npadding = ['valid', 'valid']";
        assert_eq!(block(valid).output([1, 5, 5]), None);
        assert_eq!(block("filters = []\npool = 3").output([5, 9, 7]), Some([5, 3, 2]));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for text in [
            "filters = [8]",
            "filters = []\npool = 1",
            "filters = [8]\npadding = ['same']\nstride = 0",
            "kind = 'residual'\nfilters = [8]",
            "kind = 'feat-ex'\nfilters = [8]",
            "kind = 'feat-ex'\nfilters = [8, 8, 8]\nkernel = 5",
            "filters = [8]\npadding = ['same']\ndropout = 1.0",
        ] {
            let block: BlockRecipe = toml::from_str(text).unwrap();
            assert!(block.check().is_err(), "{text}");
        }
    }
}
