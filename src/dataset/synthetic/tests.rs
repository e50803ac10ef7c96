//! Export for looking (temporary)
use crate::Expression;
use crate::dataset::draw;
use crate::progress::Silent;
use crate::recipe::SyntheticRecipe;

#[test]
fn export() {
    let classes: Vec<String> = Expression::fer2013().iter().map(|e| e.name().to_owned()).collect();
    let d: f64 = std::env::var("D").map(|d| d.parse().unwrap()).unwrap_or(1.0);
    let t = std::time::Instant::now();
    let r = SyntheticRecipe { train: 2800, validation: 700, test: 700, seed: 1, difficulty: d };
    let set = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap()
        .install(|| draw("s", "s", &r, &classes, [48, 48], &Silent).unwrap());
    println!("{:?}", t.elapsed());
    set.save(std::path::Path::new("/tmp/synth-out")).unwrap();
    let mut sheet = ndarray::Array3::<u8>::zeros((7 * 8, 160, 160));
    for c in 0..7 {
        for k in 0..8u64 {
            sheet.index_axis_mut(ndarray::Axis(0), c * 8 + k as usize).assign(&super::face(
                Expression::ALL[c],
                k * 31 + 5,
                d,
                [160, 160],
            ));
        }
    }
    crate::artifact::write_npy(std::path::Path::new("/tmp/synth-out/sheet.npy"), sheet.view()).unwrap();
}
